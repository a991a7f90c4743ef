import swcVisitor from '@swc/core/Visitor.js'
import { homes, layers } from './scripts/layers.mjs'

// The visitor that finds imports does not know `using` declarations; there are none inside them.
const { Visitor } = swcVisitor
const visitKnown = Visitor.prototype.visitStatement
Visitor.prototype.visitStatement = function visitStatement(statement) {
  return statement.type === 'UsingDeclaration' ? statement : visitKnown.call(this, statement)
}

const all = Object.keys(layers).join('|')
const test = '[.](test|bench)[.]ts$'
const onlyDownwards = Object.entries(layers).map(([folder, allowed]) => ({
  name: `${folder}-only-uses-${allowed.join('-') || 'nothing'}`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: test },
  to: { path: `^src/(${all})/`, pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
}))
const onlyAtHome = Object.entries(homes).map(([name, home]) => ({
  name: `${name.replace('/', '-')}-stays-at-home`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^${home}|${test}` },
  to: { path: [`node_modules/${name}/`, `^${name}(/|$)`] },
}))

export default {
  forbidden: [
    ...onlyDownwards,
    ...onlyAtHome,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'enter-by-the-door',
      comment: 'src/A/x.ts is a door, src/A/b/y.ts is a room: only A walks into its own rooms',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: test },
      to: { path: '^src/[^/]+/[^/]+/', pathNot: '^src/$1/' },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
}
