import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { Format } from '../../data/types.ts'
import type { Serde } from '../serde.ts'
import { soapSerde, xmlSerde } from './xml-serde.ts'
import { readXsd } from './xsd.ts'

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

  test('takes CDATA as it is, with entities, blanks and brackets, and not what a comment says of it', () => {
    expect(
      read(
        '<a><b>x&amp;<![CDATA[&amp;<y> ]]>&lt;</b><!-- <![CDATA[ --><c><![CDATA[ &#65; ]]></c><d><![CDATA[]]]]><![CDATA[>]]></d><e><![CDATA[]]></e></a>',
      ),
    ).toEqual({ b: 'x&&amp;<y> <', c: ' &#65; ', d: ']]>', e: '' })
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

  test('with the words of one in CDATA is not refused', () => {
    expect(read('<a><b><![CDATA[<!DOCTYPE html><p>&nbsp;</p>]]></b></a>')).toEqual({
      b: '<!DOCTYPE html><p>&nbsp;</p>',
    })
    expect(() => read('<!DOCTYPE a><a><b><![CDATA[x]]></b></a>')).toThrow(
      expect.objectContaining({ detail: expect.stringContaining('document type') }),
    )
  })

  test.each(['<!--', '<?'])(
    'reads a text in which %j begins often and never ends within its length',
    (open) => {
      const start = performance.now()
      expect(read(`<a x="${open.repeat(100_000)}"><b><![CDATA[y]]></b></a>`)).toMatchObject({ b: 'y' })
      expect(performance.now() - start).toBeLessThan(2000)
    },
  )

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
    expect(readXsd(xsd, 'Order').type).toMatchObject({
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

/** A schema of one element A, whose type stands inside, and what stands beside it. */
const schemaOf = (inside: string, beside = '', attributes = ''): Format => ({
  ...order,
  schema: 'A',
  source: {
    text: `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" ${attributes}><xs:element name="A">${inside}</xs:element>${beside}</xs:schema>`,
  },
})
const complex = (inside: string): string => `<xs:complexType>${inside}</xs:complexType>`
const declared = "<?xml version='1.1' encoding='UTF-8'?>"

describe('XML is written as its schema has it, and read again:', () => {
  const line =
    '<xs:complexType name="Line"><xs:sequence><xs:element name="n" type="xs:int"/></xs:sequence><xs:attribute name="sku" type="xs:string" use="required"/></xs:complexType>'
  const node =
    '<xs:complexType name="Node"><xs:sequence><xs:element name="id" type="xs:int"/><xs:element name="next" type="Node" minOccurs="0"/></xs:sequence></xs:complexType>'

  const int = '<xs:simpleType><xs:restriction base="xs:int"/></xs:simpleType>'
  const element = (name: string, simple: string): string =>
    `<xs:element name="${name}"><xs:simpleType>${simple}</xs:simpleType></xs:element>`

  test.each<[string, Format, unknown, string]>([
    [
      'attributes, with what they may not hold as it is',
      schemaOf(
        complex(
          '<xs:sequence><xs:element name="line" type="Line" maxOccurs="2"/></xs:sequence><xs:attribute name="k" type="xs:long"/>',
        ),
        line,
      ),
      {
        k: 7,
        line: [
          { n: 1, sku: 'a"<\n\t&' },
          { n: 2, sku: '' },
        ],
      },
      '<A k="7"><line sku="a&quot;&lt;&#10;&#9;&amp;"><n>1</n></line><line sku=""><n>2</n></line></A>',
    ],
    [
      'elements in the order of a sequence',
      schemaOf(
        complex(
          '<xs:sequence><xs:element name="b" type="xs:int"/><xs:element name="a" type="xs:int"/></xs:sequence>',
        ),
      ),
      { a: 1, b: 2 },
      '<A><b>2</b><a>1</a></A>',
    ],
    [
      'text with attributes',
      schemaOf(
        complex(
          '<xs:simpleContent><xs:extension base="xs:double"><xs:attribute name="unit" type="xs:string"/></xs:extension></xs:simpleContent>',
        ),
      ),
      { '#text': 1.5, unit: 'kg' },
      '<A unit="kg">1.5</A>',
    ],
    [
      'a type that extends another',
      schemaOf(
        complex(
          '<xs:complexContent><xs:extension base="Line"><xs:sequence><xs:element name="m" type="xs:boolean"/></xs:sequence></xs:extension></xs:complexContent>',
        ),
        line,
      ),
      { n: 1, sku: 's', m: true },
      '<A sku="s"><n>1</n><m>true</m></A>',
    ],
    [
      'text with attributes that extends another',
      schemaOf(
        complex(
          '<xs:simpleContent><xs:extension base="P"><xs:attribute name="at" type="xs:int"/></xs:extension></xs:simpleContent>',
        ),
        '<xs:complexType name="P"><xs:simpleContent><xs:extension base="xs:double"><xs:attribute name="unit" type="xs:string"/></xs:extension></xs:simpleContent></xs:complexType>',
      ),
      { '#text': 1.5, unit: 'kg', at: 2 },
      '<A unit="kg" at="2">1.5</A>',
    ],
    [
      'a type that restricts another, with the attributes that it does not prohibit',
      schemaOf(
        complex(
          '<xs:complexContent><xs:restriction base="L"><xs:sequence><xs:element name="n" type="xs:int"/></xs:sequence><xs:attribute name="old" use="prohibited"/></xs:restriction></xs:complexContent>',
        ),
        '<xs:complexType name="L"><xs:sequence><xs:element name="n" type="xs:int"/><xs:element name="m" minOccurs="0"/></xs:sequence><xs:attribute name="k" type="xs:int"/><xs:attribute name="old" type="xs:int" use="required"/></xs:complexType>',
      ),
      { k: 7, n: 1 },
      '<A k="7"><n>1</n></A>',
    ],
    [
      'simple types within simple types',
      schemaOf(
        complex(
          `<xs:sequence>${element('l', `<xs:list>${int}</xs:list>`)}${element('u', `<xs:union memberTypes="xs:boolean">${int}</xs:union>`)}${element('r', `<xs:restriction>${int}</xs:restriction>`)}</xs:sequence>`,
        ),
      ),
      { l: [1, 2], u: 5, r: 6 },
      '<A><l>1 2</l><u>5</u><r>6</r></A>',
    ],
    [
      'the types that XML Schema derives from others',
      schemaOf(
        complex(
          ['ID', 'hexBinary', 'duration', 'positiveInteger', 'unsignedInt', 'unsignedByte']
            .map((type) => `<xs:attribute name="${type}" type="xs:${type}"/>`)
            .join(''),
        ),
      ),
      {
        ID: 'i',
        hexBinary: '0F',
        duration: 'P1D',
        positiveInteger: 1,
        unsignedInt: 2 ** 32 - 1,
        unsignedByte: 255,
      },
      '<A ID="i" hexBinary="0F" duration="P1D" positiveInteger="1" unsignedInt="4294967295" unsignedByte="255"/>',
    ],
    [
      'one branch of a choice that repeats',
      schemaOf(
        complex(
          '<xs:choice maxOccurs="unbounded"><xs:element name="x" type="xs:int"/><xs:sequence><xs:element name="y" type="xs:string"/></xs:sequence></xs:choice>',
        ),
      ),
      { x: [1, 2], y: [] },
      '<A><x>1</x><x>2</x></A>',
    ],
    [
      'elements that a sequence names again, its groups and what it extends included, but not a choice in another branch',
      schemaOf(
        complex(
          `<xs:complexContent><xs:extension base="B"><xs:sequence>${['a', 'b', 'a', 'x'].map((name) => `<xs:element name="${name}" type="xs:int"/>`).join('')}<xs:group ref="g"/><xs:choice><xs:element name="c" type="xs:int"/><xs:sequence><xs:element name="c" type="xs:int"/><xs:element name="b" type="xs:int"/></xs:sequence></xs:choice></xs:sequence></xs:extension></xs:complexContent>`,
        ),
        '<xs:complexType name="B"><xs:sequence><xs:element name="x" type="xs:int"/></xs:sequence></xs:complexType><xs:group name="g"><xs:sequence><xs:element name="y" type="xs:int"/></xs:sequence></xs:group>',
      ),
      { x: [1, 2], a: [3, 4], b: [5], y: 6, c: 7 },
      '<A><x>1</x><x>2</x><a>3</a><a>4</a><b>5</b><y>6</y><c>7</c></A>',
    ],
    [
      'groups and global elements that are referred to',
      schemaOf(
        complex(
          '<xs:sequence><xs:group ref="g"/><xs:element ref="n"/></xs:sequence><xs:attributeGroup ref="h"/>',
        ),
        '<xs:group name="g"><xs:sequence><xs:element name="x" type="xs:int"/></xs:sequence></xs:group><xs:element name="n" type="xs:byte"/><xs:attributeGroup name="h"><xs:attribute name="y" type="xs:int"/></xs:attributeGroup>',
      ),
      { x: 1, n: 2, y: 3 },
      '<A y="3"><x>1</x><n>2</n></A>',
    ],
    [
      'lists of words, which may repeat',
      schemaOf(
        complex(
          '<xs:sequence><xs:element name="one" type="Ints"/><xs:element name="many" type="Ints" maxOccurs="unbounded"/></xs:sequence><xs:attribute name="at" type="Ints"/>',
        ),
        '<xs:simpleType name="Ints"><xs:list itemType="xs:int"/></xs:simpleType>',
      ),
      { one: [1, 2], many: [[3], [4, 5]], at: [6, 7] },
      '<A at="6 7"><one>1 2</one><many>3</many><many>4 5</many></A>',
    ],
    [
      'a type within itself',
      schemaOf(complex('<xs:sequence><xs:element name="top" type="Node"/></xs:sequence>'), node),
      { top: { id: 1, next: { id: '2', next: { id: '3' } } } },
      '<A><top><id>1</id><next><id>2</id><next><id>3</id></next></next></top></A>',
    ],
    [
      'a namespace that the elements inside are of',
      schemaOf(
        complex('<xs:sequence><xs:element name="A" type="xs:int"/></xs:sequence>'),
        '',
        'targetNamespace="urn:a&amp;b" elementFormDefault="qualified"',
      ),
      { A: 1 },
      '<A xmlns="urn:a&amp;b"><A>1</A></A>',
    ],
    [
      'a namespace of the element alone',
      schemaOf(
        complex('<xs:sequence><xs:element name="b" type="xs:int"/></xs:sequence>'),
        '',
        'targetNamespace="urn:a"',
      ),
      { b: 1 },
      '<n:A xmlns:n="urn:a"><b>1</b></n:A>',
    ],
  ])('%s', (_, format, value, text) => {
    expect(written(value, format)).toBe(declared + text)
    expect(read(text, format)).toEqual(value)
  })

  test('an element without content is an empty struct, also inside', () => {
    const format = schemaOf(
      complex(
        '<xs:sequence><xs:element name="b"><xs:complexType><xs:attribute name="c"/></xs:complexType></xs:element></xs:sequence>',
      ),
    )
    expect(read('<A><b/></A>', format)).toEqual({ b: {} })
    expect(written({ b: {} }, schemaOf('', '', 'targetNamespace="urn:a"'))).toBe(
      `${declared}<n:A xmlns:n="urn:a"><b/></n:A>`,
    )
  })

  test('a line end that XML would change is a reference', () => {
    expect(written({ a: 'x\r\ny' })).toContain('<a>x&#13;\ny</a>')
    expect(read(written({ a: 'x\r\ny' }))).toEqual({ a: 'x\r\ny' })
  })
})

test.each([
  [
    'a type that extends itself',
    complex('<xs:complexContent><xs:extension base="L"/></xs:complexContent>'),
    '<xs:complexType name="L"><xs:complexContent><xs:extension base="L"/></xs:complexContent></xs:complexType>',
    /extends itself/,
  ],
  [
    'a group that holds itself',
    complex('<xs:group ref="g"/>'),
    '<xs:group name="g"><xs:sequence><xs:group ref="g"/></xs:sequence></xs:group>',
    /have no end/,
  ],
  [
    'attributes that hold themselves',
    complex('<xs:attributeGroup ref="g"/>'),
    '<xs:attributeGroup name="g"><xs:attributeGroup ref="g"/></xs:attributeGroup>',
    /holds itself/,
  ],
  [
    'attributes that hold each other',
    complex('<xs:attributeGroup ref="g"/>'),
    '<xs:attributeGroup name="g"><xs:attributeGroup ref="h"/></xs:attributeGroup><xs:attributeGroup name="h"><xs:attributeGroup ref="g"/></xs:attributeGroup>',
    /holds itself/,
  ],
  [
    'a union of nothing',
    complex('<xs:attribute name="u"><xs:simpleType><xs:union/></xs:simpleType></xs:attribute>'),
    '',
    /union has no members/,
  ],
  ['an element that refers to itself', '', '', /no end|not known/],
  [
    'a reference to nothing',
    complex('<xs:sequence><xs:element ref="none"/></xs:sequence>'),
    '',
    /element "none" is not known/,
  ],
  [
    'types that double at each level',
    complex('<xs:sequence><xs:element name="x" type="T0"/></xs:sequence>'),
    Array.from(
      { length: 40 },
      (_, n) =>
        `<xs:complexType name="T${n}"><xs:sequence><xs:element name="a" type="T${n + 1}"/><xs:element name="b" type="T${n + 1}"/></xs:sequence></xs:complexType>`,
    ).join('') + '<xs:simpleType name="T40"><xs:restriction base="xs:int"/></xs:simpleType>',
    /more than 20000 fields/,
  ],
])('a schema with %s is refused', (what, inside, beside, message) => {
  const format =
    what === 'an element that refers to itself'
      ? {
          ...order,
          schema: 'A',
          source: {
            text: '<schema><element name="A"><complexType><sequence><element ref="A"/></sequence></complexType></element></schema>',
          },
        }
      : schemaOf(inside, beside)
  expect(() => xmlSerde(format)).toThrow(
    expect.objectContaining({ code: 'SCHEMA_INVALID', message: expect.stringMatching(message) }),
  )
})

describe('SOAP', () => {
  test('is the content of its body', () => {
    const text = written({ getPrice: { item: 'apple' } }, bare, soapSerde)
    expect(text).toContain('<soap:Body><getPrice><item>apple</item></getPrice></soap:Body></soap:Envelope>')
    expect(read(text, bare, soapSerde)).toEqual({ getPrice: { item: 'apple' } })
  })

  test('with a schema is its element, in its types and its namespace', () => {
    const format = schemaOf(
      complex('<xs:sequence><xs:element name="n" type="xs:int"/></xs:sequence><xs:attribute name="k"/>'),
      '',
      'targetNamespace="urn:a"',
    )
    const value = { Header: { token: 't' }, n: 1, k: 'x' }
    const text = written(value, format, soapSerde)
    expect(text).toContain('<soap:Body><n:A xmlns:n="urn:a" k="x"><n>1</n></n:A></soap:Body>')
    expect(read(text, format, soapSerde)).toEqual(value)
    expect(() => read(text.replaceAll('n:A', 'n:B'), format, soapSerde)).toThrow(
      expect.objectContaining({ code: 'VALUE_MALFORMED', detail: 'Its body has no element "A".' }),
    )
  })

  test('keeps its header beside', () => {
    const value = { Header: { token: 't' }, ping: '' }
    expect(read(written(value, bare, soapSerde), bare, soapSerde)).toEqual(value)
    expect(() => read('<a/>', bare, soapSerde)).toThrow(/no SOAP envelope/)
  })
})
