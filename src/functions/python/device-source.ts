/**
 * What Python functions see of the host: stores, log and metrics, each a request to the device. Runs after
 * `runtimeSource`, in the same namespace.
 */
import { timedMethods } from '../timed-stores.ts'

export const deviceSource = String.raw`
# ---- the device: stores, log, metrics

class StoreError(RuntimeError):
    """A store could not do what a function asked for."""


def _ask(*fields):
    size = os.write(_device, '\n'.join(fields).encode('utf-8', 'surrogatepass'))
    if size == 0:
        return None
    answer = os.read(_device, size).decode('utf-8', 'surrogatepass')
    if answer[0] == 'e':
        raise StoreError(answer[1:])
    return json.loads(answer[1:])


def _field(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        return 'b' + json.dumps(bytes(value).decode('latin-1'))
    return 'j' + _dumps(value)


class _Stores(dict):
    def __missing__(self, name):
        raise StoreError(f'store "{name}" can not be used here: add it to the "stores" of the function that the '
                         'operation uses')


class _Iterator:
    """Entries of a store, in batches. Both a Python iterator and the reference's hasNext/next/close."""

    def __init__(self, handle):
        self._handle = handle
        self._entries = []
        self._index = 0

    def _more(self):
        if self._index < len(self._entries):
            return True
        if self._handle is None:
            return False
        self._entries = _ask('more', str(self._handle))
        self._index = 0
        if not self._entries:
            self._handle = None
        return bool(self._entries)

    def hasNext(self):
        return self._more()

    def next(self):
        if not self._more():
            return None
        entry = self._entries[self._index]
        self._index += 1
        return entry

    def close(self):
        if self._handle is not None:
            _ask('done', str(self._handle))
        self._handle = None
        self._entries = []

    def __iter__(self):
        return self

    def __next__(self):
        if not self._more():
            raise StopIteration
        return self.next()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _KeyValueStore:
    def __init__(self, name):
        self._handle = name

    def name(self):
        return self._handle

    def flush(self):
        pass

    def close(self):
        pass

    def isOpen(self):
        return True

    def persistent(self):
        return _ask('persistent', self._handle)

    def get(self, key):
        return _ask('get', self._handle, _field(key))

    def put(self, key, value):
        _ask('put', self._handle, _field(key), '', _field(value))

    def putIfAbsent(self, key, value):
        return _ask('putIfAbsent', self._handle, _field(key), '', _field(value))

    def delete(self, key):
        return _ask('delete', self._handle, _field(key))

    def all(self):
        return _Iterator(_ask('all', self._handle))

    def range(self, first, last):
        return _Iterator(_ask('range', self._handle, _field(first), _field(last)))

    def approximateNumEntries(self):
        return _ask('count', self._handle)


class _TimestampedKeyValueStore(_KeyValueStore):
    def put(self, key, value, timestamp=None):
        _ask('put', self._handle, _field(key), '' if timestamp is None else str(int(timestamp)), _field(value))

    def putIfAbsent(self, key, value, timestamp=None):
        return _ask('putIfAbsent', self._handle, _field(key), '' if timestamp is None else str(int(timestamp)),
                    _field(value))


class _TimedStore(_KeyValueStore):
    """A store of windows, sessions or versions. What a kind of store does not have, the host refuses."""

    def _call(self, method, *args):
        answer = _ask('call', self._handle, method, *(_field(arg) for arg in args))
        return answer[0] if isinstance(answer, list) else _Iterator(answer)


def _timed_store(*methods):
    def forward(method):
        return lambda self, *args: self._call(method, *args)
    names = ('get', 'put', 'putIfAbsent', 'delete', 'all', 'range', 'approximateNumEntries', *methods)
    return type('_Store', (_TimedStore,), {method: forward(method) for method in names})


_store_kinds = {
    'plain': _KeyValueStore,
    'timestamped': _TimestampedKeyValueStore,
    'timed': _timed_store(${[...new Set(Object.values(timedMethods).flat())].map((method) => `'${method}'`).join(', ')}),
}


def _format(message, args):
    message = str(message)
    if not args:
        return message
    parts, start, at = [], 0, 0
    while at < len(args):
        found = message.find('{}', start)
        if found < 0:
            break
        if found > 0 and message[found - 1] == '\\':
            parts.append(message[start:found - 1] + '{}')
        else:
            parts.append(message[start:found] + str(args[at]))
            at += 1
        start = found + 2
    return _join(parts) + message[start:]


class _Log:
    def __init__(self, name):
        self._name = name

    def getName(self):
        return self._name

    def trace(self, message, *args):
        _ask('log', 'trace', self._name, _format(message, args))

    def debug(self, message, *args):
        _ask('log', 'debug', self._name, _format(message, args))

    def info(self, message, *args):
        _ask('log', 'info', self._name, _format(message, args))

    def warn(self, message, *args):
        _ask('log', 'warn', self._name, _format(message, args))

    def error(self, message, *args):
        _ask('log', 'error', self._name, _format(message, args))

    warning = warn

    def isTraceEnabled(self):
        return True

    isDebugEnabled = isInfoEnabled = isWarnEnabled = isErrorEnabled = isTraceEnabled


class _Metric:
    def __init__(self, handle):
        self._handle = str(handle)

    def _add(self, amount):
        _ask('add', self._handle, repr(amount))

    def _time(self, seconds):
        _ask('time', self._handle, repr(seconds))

    def close(self):
        pass


class _Counter(_Metric):
    def increment(self, amount=1):
        self._add(amount)


class _Meter(_Metric):
    def mark(self, amount=1):
        self._add(amount)


class _Timer(_Metric):
    def updateSeconds(self, amount):
        self._time(amount)

    def updateMillis(self, amount):
        self._time(amount / 1e3)

    def updateNanos(self, amount):
        self._time(amount / 1e9)


class _Metrics:
    def counter(self, name, tags=None):
        return _Counter(_ask('metric', 'counter', _dumps([name, tags or {}])))

    def meter(self, name, tags=None):
        return _Meter(_ask('metric', 'meter', _dumps([name, tags or {}])))

    def timer(self, name, tags=None):
        return _Timer(_ask('metric', 'timer', _dumps([name, tags or {}])))


_g.update({'__name__': 'definition', 'stores': _Stores(), 'metrics': _Metrics(), 'log': _Log('functions')})
`
