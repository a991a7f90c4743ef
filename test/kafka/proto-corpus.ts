/** Files that use what .proto files can hold, for protoc and our reader alike. */
export const everyKindOfProto: Readonly<Record<string, string>> = {
  corpus_money: `
    syntax = "proto3";
    package corpus.money;
    option java_multiple_files = true;
    option java_package = "com.example" ".money";
    message Money { string currency_code = 1; int64 units = 2; sfixed32 nanos = 3; }
    enum Rounding { UP = 0; DOWN = 1; }
  `,
  corpus_two: `
    syntax = "proto2"; // comments /* of both */
    package corpus.two;
    import public "google/protobuf/timestamp.proto";
    import "google/protobuf/any.proto";
    import "corpus_money.proto";
    /* and
       over lines */
    message Order {
      option deprecated = true;
      required int64 id = 1 [deprecated = true];
      optional string note = 2 [default = "it's \\"fine\\"\\n\\101\\x42", json_name = "remark"];
      repeated sint32 counts = 3 [packed = true];
      optional bytes raw = 4 [default = "\\000\\377a\\"'"];
      optional Status status = 5 [default = OPEN];
      optional group Extra = 7 { optional bool flag = 1 [default = true]; }
      oneof pay { Card card = 8; string cash_note = 9; }
      optional double limit = 10 [default = -inf];
      optional float ratio = 11 [default = 1.5];
      optional .google.protobuf.Timestamp at = 12;
      optional corpus.money.Money total = 13;
      optional money.Rounding rounding = 14 [default = DOWN];
      optional int32 negative = 15 [default = -0x10];
      optional uint64 big = 16 [default = 18446744073709551615];
      optional google.protobuf.Any any = 17;
      repeated Order parents = 18;
      message Card {
        optional uint32 number = 1;
        enum Brand { UNKNOWN = 0; VISA = 1; }
        optional Brand brand = 2;
        message Deep { optional Brand brand = 1; optional Card card = 2; optional Order.Card.Deep deep = 3; }
      }
      reserved 20, 30 to 40, 50 to max;
      reserved "gone", "lost";
    }
    message Open {
      extensions 100 to 199, 300 to max;
      extend Open { optional int32 inner = 101; repeated string several = 102; }
    }
    enum Status { option allow_alias = true; OPEN = 0; BEGUN = 0 [deprecated = true]; DONE = -1; reserved 5, 7 to max; reserved "LATE"; }
    extend Open { optional fixed32 outer = 100; }
    service Shop {
      option deprecated = true;
      rpc Buy (stream Order) returns (Order.Card) { option deprecated = true; option idempotency_level = IDEMPOTENT; }
      rpc Look (Order) returns (stream Order);
    }
  `,
  corpus_three: `
    syntax = "proto3";
    import "corpus_money.proto";
    import weak "google/protobuf/struct.proto";
    message message_ {
      optional int32 maybe = 1;
      map<string, corpus.money.Money> totals_by_name = 2;
      map<sint64, bytes> raw = 3;
      oneof choice_of { int32 a = 4; Nested b = 5; google.protobuf.Struct c = 6; }
      optional Nested nested = 7;
      repeated double numbers = 8 [packed = false];
      message Nested { string string = 1; bool bool = 2; repeated Nested message = 3; }
      string message = 9;
      int32 option = 10;
      fixed64 reserved_ = 11 [json_name = "somethingElse", ctype = CORD];
    }
    enum Letters { LETTERS_UNKNOWN = 0; A = 1; }
    message Empty {}
    ;
  `,
  corpus_edition: `
    edition = "2023";
    package corpus.edition;
    option features.field_presence = IMPLICIT;
    message Modern {
      int32 implicit = 1;
      string explicit = 2 [features.field_presence = EXPLICIT];
      repeated int32 expanded = 3 [features.repeated_field_encoding = EXPANDED];
      Modern delimited = 4 [features = { message_encoding: DELIMITED }];
      reserved gone, lost;
    }
    enum Closed { option features.enum_type = CLOSED; ONE = 1; }
  `,
}
