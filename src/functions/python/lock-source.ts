/**
 * Closes the cage, in a fresh interpreter, before any code of a user runs.
 *
 * All built-in modules that users may need are loaded; then the means to create more of them are destroyed, so that
 * what is not loaded (sockets, processes, foreign functions, the bridge to JavaScript) can not be had by any road that
 * leads through Python: neither through `sys.modules` nor through a module's own references. The bridge's Python
 * modules are emptied, for their functions would still reach it through their globals.
 */
export const lockSource = String.raw`
import _imp, gc, importlib, os, posix, sys
from importlib.abc import MetaPathFinder

_denied = {
    '_ctypes', '_lsprof', '_posixsubprocess', '_pyodide', '_pyodide_core', '_remote_debugging', '_socket',
    '_testbuffer', '_testcapi', '_testclinic', '_testclinic_limited', '_testinternalcapi', '_testlimitedcapi',
    '_tracemalloc', '_xxtestfuzz', 'ctypes', 'faulthandler', 'fcntl', 'gc', 'js', 'mmap', 'multiprocessing', 'pyodide',
    'pyodide_js', 'socket', 'ssl', 'subprocess', 'termios', 'xxsubtype',
}
_processes = (
    'system', 'popen', 'fork', 'forkpty', 'posix_spawn', 'posix_spawnp', 'execv', 'execve', '_exit', 'abort', 'kill',
    'killpg', 'symlink', 'link', 'mkfifo', 'mknod', 'chroot',
)


class _Denied(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in _denied:
            raise ImportError(f'module "{name}" is not available to functions: they reach no network, no process and '
                              'none of the host')
        return None


# Loading is no part of the lock: a snapshot may be taken in between.
for _name in sys.builtin_module_names:
    if _name not in _denied:
        importlib.import_module(_name)


def _connect(device, seed):
    global _device
    _device = os.open(device, os.O_RDWR)
    random.seed(int(seed, 16))


def _empty_bridge():
    gc.collect()
    for held in gc.get_objects():
        if type(held).__name__ in ('JsFinder', 'JsLoader'):
            held.__dict__.clear()
    import asyncio
    asyncio.set_event_loop(None)
    asyncio.events._event_loop_policy = None
    asyncio.events._set_running_loop(None)
    for name in list(sys.modules):
        if name.partition('.')[0] in _denied:
            module = sys.modules.pop(name)
            contents = getattr(module, '__dict__', None)
            if type(contents) is dict and name != 'gc':
                contents.clear()


def _destroy_doors():
    for module in (os, posix):
        for name in _processes:
            if hasattr(module, name):
                delattr(module, name)
    for name in ('create_builtin', 'create_dynamic', 'exec_builtin', 'exec_dynamic'):
        if hasattr(_imp, name):
            delattr(_imp, name)
    sys.meta_path[:] = [_Denied()] + [f for f in sys.meta_path if 'yodide' not in str(f)]
    sys.path_hooks[:] = [h for h in sys.path_hooks if 'yodide' not in str(h)]
    for name in ('last_exc', 'last_type', 'last_value', 'last_traceback', 'ps1', 'ps2'):
        if hasattr(sys, name):
            delattr(sys, name)


def lock(text):
    try:
        spec = json.loads(text)
        _connect(spec['device'], spec['seed'])
        _empty_bridge()
        _destroy_doors()
        os.environ.clear()
        os.environ.update(spec['environment'])
        sys.argv[:] = ['']
        sys.orig_argv[:] = ['']
        sys.executable = sys._base_executable = ''
        for name in ('gc', '_imp', 'importlib', 'posix'):
            del globals()[name]
        return None
    except BaseException as error:
        return _describe(error)
`
