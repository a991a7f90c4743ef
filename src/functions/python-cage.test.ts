import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { silentLogger } from '../base/logger.ts'
import { MetricRegistry } from '../base/metrics.ts'
import { seededRandom } from '../base/random.ts'
import type { FunctionRef } from '../topology/functions.ts'
import { lockPython, startPython } from './python/interpreter.ts'
import { Device } from './python/device.ts'
import { Bench, functionRef, inlineBody, snapshotFolder } from './testing/fixtures.ts'
import { UserMetrics } from './user-metrics.ts'

const bench = new Bench()
const functions: FunctionRef[] = []
let opened: ReturnType<Bench['open']> | undefined

function py(name: string, code: string): () => Promise<unknown> {
  const ref = functionRef(name, 'initializer', inlineBody('python', { code }))
  functions.push(ref)
  return async () => {
    opened ??= bench.open(functions)
    return (await opened).bind(ref, bench.environment).call([])
  }
}

/** Ways out that were tried, and how each one ends. */
const attempts: readonly (readonly [string, string, string])[] = [
  ['import js', 'import js', 'ImportError: module "js" is not available'],
  ['import pyodide_js', 'import pyodide_js', 'ImportError'],
  ['pyodide.code.run_js', 'from pyodide.code import run_js\nreturn run_js("process.version")', 'ImportError'],
  ['pyodide.ffi.to_js', 'from pyodide.ffi import to_js', 'ImportError'],
  ['pyodide.http', 'import pyodide.http', 'ImportError'],
  ['the bridge module itself', 'import _pyodide_core', 'ImportError'],
  ['ctypes', 'import ctypes', 'ImportError'],
  ['sockets', 'import socket', 'ImportError'],
  ['urllib.request', 'import urllib.request', 'ImportError'],
  ['subprocess', 'import subprocess', 'ImportError'],
  ['os.system', 'import os\nos.system("id")', 'AttributeError'],
  ['posix.system', 'import posix\nposix.system("id")', 'AttributeError'],
  ['os.fork', 'import os\nos.fork()', 'AttributeError'],
  ['the host file system', 'open("/etc/passwd")', 'FileNotFoundError'],
  [
    'threads',
    'import threading\nthreading.Thread(target=print).start()',
    "RuntimeError: can't start new thread",
  ],
  [
    'the import system without our guard',
    'import sys\nkept = sys.meta_path.pop(0)\ntry:\n  import _ctypes\nfinally:\n  sys.meta_path.insert(0, kept)',
    "AttributeError: module '_imp' has no attribute 'create_builtin'",
  ],
  [
    'a built-in module made by hand',
    'import importlib.machinery as m, importlib.util as u\nu.module_from_spec(m.BuiltinImporter.find_spec("_pyodide_core"))',
    "AttributeError: module '_imp' has no attribute 'create_builtin'",
  ],
  [
    'an extension module written into the interpreter',
    'import importlib.machinery as m, importlib.util as u\nopen("/tmp/x.so", "wb").write(b"\\0asm")\nu.module_from_spec(u.spec_from_file_location("x", "/tmp/x.so", loader=m.ExtensionFileLoader("x", "/tmp/x.so")))',
    "AttributeError: module '_imp' has no attribute 'create_dynamic'",
  ],
  ['the collector, to look for objects', 'import gc', 'ImportError'],
  ["our own module's references", 'import __main__\n__main__.gc', 'AttributeError'],
  [
    'modules of the bridge by the classes they left behind',
    'loops = [c for c in object.__subclasses__() if c.__module__.startswith("_pyodide")]\nfor c in loops:\n  for f in vars(c).values():\n    if hasattr(f, "__globals__") and f.__globals__: return list(f.__globals__)\nraise LookupError("empty")',
    'LookupError: empty',
  ],
]

describe('the cage of Python functions', () => {
  const tries = attempts.map(([name, code], index) => [name, py(`attempt${index}`, code)] as const)
  const environment = py('environment', 'import os, sys\nreturn [dict(os.environ), sys.argv, sys.executable]')
  const listing = py('listing', 'import os\nreturn sorted(os.listdir("/"))')
  const useful = py(
    'useful',
    'import base64, bisect, collections, csv, datetime, decimal, enum, fractions, functools, hashlib, heapq, html\n' +
      'import io, itertools, json, logging, math, operator, random, re, statistics, string, struct, textwrap, time\n' +
      'import typing, unicodedata, urllib.parse, uuid, zlib, zoneinfo, xml.etree.ElementTree\n' +
      'return [str(uuid.UUID(int=1)), hashlib.sha256(b"x").hexdigest()[:4], str(decimal.Decimal("0.1") * 3)]',
  )

  tries.forEach(([name, attempt], index) => {
    test(`has no way out by ${name}`, async () => {
      await expect(attempt()).rejects.toMatchObject({
        detail: expect.stringContaining(attempts[index]?.[2] ?? ''),
      })
    })
  })

  test('shows nothing of the host: no environment, no arguments, no files', async () => {
    expect(JSON.stringify(await materialized(environment))).toBe('[{"HOME":"/","LANG":"C.UTF-8"},[""],""]')
    expect(await materialized(listing)).toEqual(['dev', 'home', 'lib', 'proc', 'tmp'])
  })

  test('leaves the standard library', async () => {
    expect(await materialized(useful)).toEqual(['00000000-0000-0000-0000-000000000001', '2d71', '0.3'])
  })

  test('holds no JavaScript object that Python code could reach', async () => {
    const pyodide = await startPython(snapshotFolder, () => {})
    pyodide.runPython(reachable)
    const globals = pyodide.globals as unknown as ReadonlyMap<string, () => string>
    const probe = globals.get('probe') as () => string
    expect(probe()).toContain('JsProxy')
    lockPython(pyodide, {
      device: new Device(silentLogger, new UserMetrics(new MetricRegistry())),
      random: seededRandom(1),
      python: {},
      print: () => {},
    })
    expect(probe()).toBe('JsNull')
  })
})

describe('a module folder', () => {
  test('is copied in and can be imported; what it lacks or a missing folder is an error', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-modules-'))
    mkdirSync(join(folder, 'shop'))
    writeFileSync(join(folder, 'shop', 'prices.py'), 'def price(n):\n  return n * 2\n')
    writeFileSync(join(folder, 'secret.txt'), 'not copied')
    const ref = functionRef(
      'price',
      'valueTransformer',
      inlineBody('python', {
        globalCode: 'import os\nfrom shop.prices import price as price_of',
        expression: '[price_of(value), os.listdir("/modules")]',
      }),
    )
    const host = await new Bench().open([ref], [], { modulePath: folder })
    rmSync(folder, { recursive: true })
    expect(await materialized(async () => host.bind(ref, bench.environment).call(['k', 4]))).toEqual([
      8,
      ['shop'],
    ])
    await expect(new Bench().open([ref], [], { modulePath: folder })).rejects.toThrow(
      'could not read the Python module folder',
    )
  })
})

async function materialized(run: () => Promise<unknown>): Promise<unknown> {
  const value = (await run()) as { materialize(): unknown }
  return value.materialize()
}

/** Walks all references from the modules and from all classes; lists the classes of objects that belong to the bridge. */
const reachable = `
import gc as _gc
def probe():
    import sys
    _gc.collect()
    seen, todo, found = set(), [sys.modules, object], set()
    for o in todo:
        kind = type(o)
        if not isinstance(o, type) and ('yodide' in str(kind.__module__) or 'Js' in kind.__name__):
            found.add(kind.__name__)
        below = _gc.get_referents(o)
        if isinstance(o, type):
            below += type.__subclasses__(o) if o is not type else []
        for k in below:
            if id(k) not in seen and k is not todo and k is not seen:
                seen.add(id(k))
                todo.append(k)
    return ' '.join(sorted(found))
`
