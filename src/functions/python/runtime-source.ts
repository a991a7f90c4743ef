/**
 * The Python half of the bridge. It runs once in a fresh interpreter, before any code of a user, and gives three entry
 * points: `define`, `make_caller` and, from `lockSource`, `lock`. Entry points never raise: what goes wrong comes back as text.
 *
 * What crosses. In: text, numbers, booleans, None. Out: the same, and text that begins with one of four marks for all
 * that would not cross exactly. During a call, stores, log and metrics are reached through a character device: a
 * request is written, the number of bytes "written" is the length of the answer, which is then read. No JavaScript
 * object ever stands in Python's reach, because from any one of them a way leads to the whole host.
 */
export const mark = {
  /** JSON text follows. */
  json: '\u0000',
  /** Bytes follow, as latin1 text. */
  bytes: '\u0001',
  /** The description of an exception follows, as JSON text. */
  failure: '\u0002',
  /** Plain text follows, that itself begins with a mark. */
  text: '\u0003',
} as const

/** Lines of an expression are numbered from here on, so that one code object tells its two blocks apart. */
export const expressionLine = 1_000_000

export const runtimeSource = String.raw`
import ast, json, os, random, sys, types
from collections.abc import Mapping
from json.decoder import JSONDecoder
from json.encoder import c_make_encoder, encode_basestring

_scan = JSONDecoder().scan_once
_join = ''.join
_user = types.ModuleType('definition')
sys.modules['definition'] = _user
_g = _user.__dict__
_functions = {}
_device = None


def _plain(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        return list(bytes(value))
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, '__iter__'):
        return list(value)
    raise TypeError(f'a value of type {type(value).__name__} can not leave a function; '
                    'return text, numbers, booleans, lists, dicts or None')


_markers = {}
_encode = c_make_encoder(_markers, _plain, encode_basestring, None, ':', ',', False, False, False)


def _dumps(value):
    return _join(_encode(value, 0))


# ---- errors

def _describe(error):
    place = None
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith('<weft:'):
            place = (code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    try:
        text = str(error)
    except BaseException:
        text = ''
    found = {'type': type(error).__name__, 'text': text}
    if place is not None:
        found['file'], found['line'] = place
    elif isinstance(error, SyntaxError):
        found['text'] = str(error.msg)
        found['file'], found['line'], found['column'] = error.filename, error.lineno, error.offset
    return _dumps(found)


def _fail(error):
    _markers.clear()
    return '\x02' + _describe(error)


# ---- results

def _finish(result, wanted):
    if result is None:
        return None
    if wanted == 'string' and not isinstance(result, str):
        if isinstance(result, bool):
            return 'true' if result else 'false'
        if isinstance(result, (int, float)):
            return repr(result)
    if wanted == 'print' and not isinstance(result, str):
        result = str(result)
    if isinstance(result, bool):
        return bool(result)
    if isinstance(result, str):
        result = str(result)
        return '\x03' + result if result[:1] and result[0] <= '\x03' else result
    if isinstance(result, int):
        return int(result)
    if isinstance(result, float):
        return float(result)
    if isinstance(result, (bytes, bytearray, memoryview)):
        return '\x01' + bytes(result).decode('latin-1')
    if callable(result):
        raise TypeError('the code gives a function instead of a value')
    return '\x00' + _dumps(result)


_shortcuts = {
    'boolean': 'if r is True or r is False: return r',
    'integer': 'if type(r) is int: return r',
    'double': 'if type(r) is float: return r',
    'string': 'if type(r) is str and r[:1] > "\\x03": return r',
    'object': 'if type(r) is dict: return "\\x00" + join(encode(r, 0))',
    'none': 'return None',
}
_arguments = {
    'direct': 'a{0}',
    'json': 'scan(read(device, a{0}).decode(), 0)[0]',
    'float': 'float(a{0})',
    'bytes': 'list(a{0}.encode("latin-1"))',
    'integer': 'int(a{0})',
}


def make_caller(text):
    try:
        spec = json.loads(text)
        stores = _Stores({name: _store_kinds[kind](name)
                          for name, kind in spec['stores']})
        wanted = spec['wanted']
        names = ', '.join(f'a{i}' for i in range(len(spec['modes'])))
        values = ', '.join(_arguments[mode].format(i) for i, mode in enumerate(spec['modes']))
        scope = {'fn': _functions[spec['name']], 'g': _g, 'stores': stores, 'scan': _scan, 'join': _join,
                 'encode': _encode, 'finish': _finish, 'fail': _fail, 'read': os.read, 'device': _device}
        exec(f'''def call({names}):
    try:
        g["stores"] = stores
        r = fn({values})
        {_shortcuts.get(wanted, 'pass')}
        return finish(r, {wanted!r})
    except BaseException as error:
        return fail(error)
''', scope)
        return scope['call']
    except BaseException as error:
        return _fail(error)


# ---- definitions

def _uses_log(tree):
    return any(isinstance(node, ast.Name) and node.id == 'log' for node in ast.walk(tree))


def _statements(text, line):
    found = ast.parse(text).body
    for statement in found:
        for node in ast.walk(statement):
            if hasattr(node, 'lineno'):
                node.lineno = node.end_lineno = line
    return found


def _expression(text):
    text = text.strip()
    try:
        return ast.parse(text, mode='eval').body
    except SyntaxError as plain:
        try:
            return ast.parse(f'({text}\n)', mode='eval').body
        except SyntaxError:
            raise plain


def _block(text, file):
    first = next((line for line in text.split('\n') if line.strip()), '')
    if not first[:1].isspace():
        return ast.parse(text, file)
    try:
        tree = ast.parse('if True:\n' + text, file)
    except SyntaxError as error:
        error.lineno = (error.lineno or 2) - 1
        raise
    tree.body = tree.body[0].body
    return ast.increment_lineno(tree, -1)


def _run_global_code(spec, log):
    tree = _block(spec['globalCode'], spec['file'] + 'g>')
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and _uses_log(statement):
            own = _statements(f'log = {log}', statement.lineno)
            has_doc = ast.get_docstring(statement) is not None
            statement.body[has_doc:has_doc] = own
    _g['log'] = _g[log]
    exec(compile(tree, spec['file'] + 'g>', 'exec'), _g)


def _function_tree(spec, log):
    parameters = ', '.join(p['name'] if p['fixed'] else f"{p['name']}=None" for p in spec['parameters'])
    tree = ast.parse(f"def {spec['identifier']}({parameters}): pass")
    body = []
    for p in spec['parameters']:
        if 'code' in p or 'value' in p:
            given = p['code'] if 'code' in p else repr(p['value'])
            body += _statements(f"if {p['name']} is None: {p['name']} = {given}", 1)
    for name in spec['stores']:
        if name.isidentifier():
            body += _statements(f'{name} = stores[{name!r}]', 1)
    if 'code' in spec:
        body += _block(spec['code'], spec['file'] + '>').body
    if 'expression' in spec:
        try:
            value = _expression(spec['expression'])
        except SyntaxError as error:
            error.filename = spec['file'] + '>'
            error.lineno = (error.lineno or 1) + ${expressionLine}
            raise
        ast.increment_lineno(value, ${expressionLine})
        body.append(ast.copy_location(ast.Return(value), value))
    elif 'default' in spec:
        body += _statements_of_return(spec['default'])
    if any(_uses_log(statement) for statement in body) and not any(p['name'] == 'log' for p in spec['parameters']):
        body[0:0] = _statements(f'log = {log}', 1)
    tree.body[0].body = body or _statements('pass', 1)
    return ast.fix_missing_locations(tree)


def _statements_of_return(text):
    value = ast.parse(text, mode='eval').body
    return [ast.copy_location(ast.Return(value), value)]


def define(text):
    try:
        spec = json.loads(text)
        log = f"__weft_log_{spec['id']}"
        _g[log] = _Log(spec['logger'])
        if 'globalCode' in spec:
            _run_global_code(spec, log)
        before = _g.get(spec['identifier'])
        exec(compile(_function_tree(spec, log), spec['file'] + '>', 'exec'), _g)
        _functions[spec['name']] = _g[spec['identifier']]
        if not spec['shared']:
            if before is None:
                del _g[spec['identifier']]
            else:
                _g[spec['identifier']] = before
        return None
    except BaseException as error:
        return _describe(error)
`
