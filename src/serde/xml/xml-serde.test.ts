import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { Format } from '../../data/types.ts'
import type { Serde } from '../serde.ts'
import { soapSerde, xmlSerde } from './xml-serde.ts'
import { typeOfXsd } from './xsd.ts'

const xsd = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="Level"><xs:restriction base="xs:string"><xs:enumeration value="LOW"/><xs:enumeration value="HIGH"/></xs:restriction></xs:simpleType>
  <xs:complexType name="Line"><xs:sequence><xs:element name="amount" type="xs:long"/></xs:sequence><xs:attribute name="sku" type="xs:string"/></xs:complexType>
  <xs:element name="Order"><xs:complexType><xs:sequence>
    <xs:element name="id" type="xs:int"/><xs:element name="total" type="xs:double" minOccurs="0"/>
    <xs:element name="level" type="Level"/><xs:element name="raw" type="xs:base64Binary" minOccurs="0"/>
    <xs:element name="line" type="Line" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>`

const order: Format = { notation: 'xml', type: { kind: 'struct' }, schema: 'Order', source: { text: xsd } }
const bare: Format = { notation: 'xml', type: { kind: 'struct' } }

function read(text: string, format = bare, serde: (format: Format) => Serde = xmlSerde): unknown {
  const bytes = Buffer.from(text)
  return serde(format).decode(bytes, 0, bytes.length, undefined)
}

function written(value: unknown, format = bare, serde: (format: Format) => Serde = xmlSerde): string {
  const writer = new ByteWriter()
  serde(format).encode(value, writer, undefined)
  return String(writer.view())
}

describe('XML without a schema', () => {
  test('is a struct of text: attributes and elements are fields, what repeats is a list', () => {
    expect(
      read(
        '<?xml version="1.1"?><n:a xmlns:n="u" k="v"><n:b>1</n:b><n:b>2</n:b><c/><d><![CDATA[<x>&]]></d></n:a>',
      ),
    ).toEqual({ k: 'v', b: ['1', '2'], c: '', d: '<x>&' })
  })

  test('knows the entities that every document has, once', () => {
    expect(read('<a><b>&lt;&amp;lt;&#65;&#x42;&nope;</b></a>')).toEqual({ b: '<&lt;AB&nope;' })
  })

  test.each([
    '<a><b></a>',
    'text',
    '',
    '<a>',
    '<a x=1/>',
    `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`,
    '<a><__proto__>1</__proto__></a>',
  ])('%j is an error', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }))
  })

  test('with a document type is refused, so that no entity grows', () => {
    const bomb = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><a><b>&y;</b></a>'
    expect(() => read(bomb)).toThrow(/not XML/)
  })

  test('is written under the name Struct, escaped', () => {
    expect(written({ a: '<&>', b: [1, 2], c: null, d: { e: true } })).toBe(
      "<?xml version='1.1' encoding='UTF-8'?><Struct><a>&lt;&amp;&gt;</a><b>1</b><b>2</b><d><e>true</e></d></Struct>",
    )
    expect(() => written({ 'not a name': 1 })).toThrow(
      expect.objectContaining({ code: 'VALUE_TYPE_MISMATCH' }),
    )
    expect(() => written([1])).toThrow(/only structs/)
  })
})

describe('XML with a schema', () => {
  const value = {
    id: 7,
    total: 1.5,
    level: 'HIGH',
    raw: Uint8Array.of(1, 2),
    line: [{ amount: 9_007_199_254_740_993n, sku: 's' }],
  }

  test('has its types', () => {
    expect(typeOfXsd(xsd, 'Order')).toMatchObject({
      kind: 'struct',
      name: 'Order',
      fields: [
        { name: 'id', type: { kind: 'int' }, required: true },
        { name: 'total', required: false },
        { name: 'level', type: { kind: 'enum', symbols: ['LOW', 'HIGH'] } },
        { name: 'raw' },
        { name: 'line', type: { kind: 'list' } },
      ],
    })
  })

  test('comes back as it went', () => {
    expect(written(value, order)).toContain('<Order><id>7</id>')
    expect(read(written(value, order), order)).toEqual(value)
  })

  test.each([
    ['<Order><id>x</id><level>LOW</level><line><amount>1</amount></line></Order>', /"id"/],
    ['<Order><id>1</id><level>MIDDLE</level></Order>', /"level"/],
  ])('%j names the field that does not fit', (text, message) => {
    expect(() => read(text, order)).toThrow(
      expect.objectContaining({ code: 'VALUE_MALFORMED', message: expect.stringMatching(message) }),
    )
  })

  test.each([
    ['Nope', xsd, /no global element "Nope"/],
    ['Order', '<a>', /not XML/],
    ['A', '<schema><element name="A" type="xs:never"/></schema>', /"never" is not known/],
  ])('%s is refused where the schema is wrong', (schema, text, message) => {
    expect(() => xmlSerde({ ...order, schema, source: { text } })).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID', message: expect.stringMatching(message) }),
    )
  })
})

describe('SOAP', () => {
  test('is the content of its body', () => {
    const text = written({ getPrice: { item: 'apple' } }, bare, soapSerde)
    expect(text).toContain('<soap:Body><getPrice><item>apple</item></getPrice></soap:Body></soap:Envelope>')
    expect(read(text, bare, soapSerde)).toEqual({ getPrice: { item: 'apple' } })
  })

  test('keeps its header beside', () => {
    const value = { Header: { token: 't' }, ping: '' }
    expect(read(written(value, bare, soapSerde), bare, soapSerde)).toEqual(value)
    expect(() => read('<a/>', bare, soapSerde)).toThrow(/no SOAP envelope/)
  })
})
