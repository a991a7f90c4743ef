/**
 * Files that Confluent's serialisers have with them, so that schemas import them without a reference: their own of what a schema says of
 * itself and of decimals, and Google's common types. By import path; the fields and their numbers are public interfaces.
 */

const meta = `message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }
extend google.protobuf.FileOptions { Meta file_meta = 1088; }
extend google.protobuf.MessageOptions { Meta message_meta = 1088; }
extend google.protobuf.FieldOptions { Meta field_meta = 1088; }
extend google.protobuf.EnumOptions { Meta enum_meta = 1088; }
extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }`

const decimal = 'message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }'

const dateTime = `message DateTime {
  int32 year = 1; int32 month = 2; int32 day = 3; int32 hours = 4; int32 minutes = 5; int32 seconds = 6; int32 nanos = 7;
  oneof time_offset { google.protobuf.Duration utc_offset = 8; TimeZone time_zone = 9; }
}
message TimeZone { string id = 1; string version = 2; }`

const phoneNumber = `message PhoneNumber {
  message ShortCode { string region_code = 1; string number = 2; }
  oneof kind { string e164_number = 1; ShortCode short_code = 2; }
  string extension = 3;
}`

const postalAddress = `message PostalAddress {
  int32 revision = 1; string region_code = 2; string language_code = 3; string postal_code = 4; string sorting_code = 5;
  string administrative_area = 6; string locality = 7; string sublocality = 8; repeated string address_lines = 9;
  repeated string recipients = 10; string organization = 11;
}`

/** Of `google/type/`, with the file of `google/protobuf/` that one imports. */
const googleTypes: Readonly<Record<string, readonly [text: string, imported?: string]>> = {
  calendar_period: [
    enumOf('CalendarPeriod', 'CALENDAR_PERIOD', 'DAY WEEK FORTNIGHT MONTH QUARTER HALF YEAR'),
  ],
  color: [
    'message Color { float red = 1; float green = 2; float blue = 3; google.protobuf.FloatValue alpha = 4; }',
    'wrappers',
  ],
  date: ['message Date { int32 year = 1; int32 month = 2; int32 day = 3; }'],
  datetime: [dateTime, 'duration'],
  dayofweek: [enumOf('DayOfWeek', 'DAY_OF_WEEK', 'MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY')],
  decimal: ['message Decimal { string value = 1; }'],
  expr: [
    'message Expr { string expression = 1; string title = 2; string description = 3; string location = 4; }',
  ],
  fraction: ['message Fraction { int64 numerator = 1; int64 denominator = 2; }'],
  interval: [
    'message Interval { google.protobuf.Timestamp start_time = 1; google.protobuf.Timestamp end_time = 2; }',
    'timestamp',
  ],
  latlng: ['message LatLng { double latitude = 1; double longitude = 2; }'],
  localized_text: ['message LocalizedText { string text = 1; string language_code = 2; }'],
  money: ['message Money { string currency_code = 1; int64 units = 2; int32 nanos = 3; }'],
  month: [
    enumOf(
      'Month',
      'MONTH',
      'JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER',
    ),
  ],
  phone_number: [phoneNumber],
  postal_address: [postalAddress],
  quaternion: ['message Quaternion { double x = 1; double y = 2; double z = 3; double w = 4; }'],
  timeofday: [
    'message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }',
  ],
}

export const furtherFiles: ReadonlyMap<string, string> = new Map([
  ['confluent/meta.proto', fileOf('confluent', meta, 'descriptor')],
  ['confluent/type/decimal.proto', fileOf('confluent.type', decimal)],
  // The same under the path that librdkafka's clients had first.
  ['confluent/types/decimal.proto', 'syntax = "proto3"; import public "confluent/type/decimal.proto";'],
  ...Object.entries(googleTypes).map(
    ([name, [text, imported]]) =>
      [`google/type/${name}.proto`, fileOf('google.type', text, imported)] as const,
  ),
])

function fileOf(packageName: string, text: string, imported?: string): string {
  const imports = imported === undefined ? '' : `import "google/protobuf/${imported}.proto";`
  return `syntax = "proto3"; package ${packageName}; ${imports} ${text}`
}

function enumOf(name: string, prefix: string, words: string): string {
  const values = words.split(' ').map((word, index) => `${word} = ${index + 1};`)
  return `enum ${name} { ${prefix}_UNSPECIFIED = 0; ${values.join(' ')} }`
}
