#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debug information from a debuginfod server: a stub of one, on the loopback.

debuginfod.py --rewalk R: the firmware's vmlinux has no debug information; the server has
it under the build-id.  With DEBUGINFOD_URLS the lines must be there, without it nobody may
be asked, and an answer with another build-id must be refused.
"""
import argparse
import http.server
import os
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIRMWARE = os.path.join(ROOT, 'fixtures', 'firmware')


class Server(http.server.ThreadingHTTPServer):
    """Answers /buildid/ID/debuginfo out of @files and notes what it was asked."""

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.files, self.asked = {}, []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        data = self.server.files.get(self.path)
        self.send_response(200 if data else 404)
        self.send_header('Content-Length', str(len(data or b'')))
        self.end_headers()
        self.wfile.write(data or b'')

    def log_message(self, *args):
        pass


def build_id(rewalk):
    run = subprocess.run([rewalk, 'info', os.path.join(FIRMWARE, 'firmware.elf')],
                         stdout=subprocess.PIPE, universal_newlines=True, check=True)
    return [line.split()[1] for line in run.stdout.splitlines()
            if line.startswith('build_id')][0]


def lines(rewalk, url):
    """What is printed, with a cache of its own."""
    with tempfile.TemporaryDirectory() as tmp:
        env = {k: v for k, v in os.environ.items()
               if not k.startswith('DEBUGINFOD') and not k.lower().endswith('_proxy')}
        env.update(LC_ALL='C', HOME=tmp, XDG_CACHE_HOME=tmp, DEBUGINFOD_CACHE_PATH=tmp,
                   DEBUGINFOD_TIMEOUT='10')
        if url:
            env['DEBUGINFOD_URLS'] = url
        run = subprocess.run(
            [rewalk, '-l', '-v', 'firmware.elf', 'preempted.stack.bin@ffff80000c000000',
             'preempted.regs.bin@regs'], cwd=FIRMWARE, env=env, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, universal_newlines=True, timeout=60)
    return run.stdout, run.stderr


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    args = p.parse_args()
    rewalk = os.path.abspath(args.rewalk)
    version = subprocess.run([rewalk, '--version'], stdout=subprocess.PIPE,
                             universal_newlines=True, check=True).stdout
    if 'without libdebuginfod' in version:
        print('skipped: this build is without libdebuginfod')
        return 77
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = 'http://127.0.0.1:%d' % server.server_port
    path = '/buildid/%s/debuginfo' % build_id(rewalk)
    with open(os.path.join(FIRMWARE, 'firmware.debug'), 'rb') as f:
        good = f.read()
    passed = failed = 0

    def check(what, ok):
        nonlocal passed, failed
        passed += bool(ok)
        failed += not ok
        if not ok:
            print('%s: %s asked' % (what, server.asked))
            print(out, err)

    server.files[path] = good
    out, err = lines(rewalk, None)
    check('nobody is asked without DEBUGINFOD_URLS', not server.asked and 'at main.c' not in out)
    out, err = lines(rewalk, '')
    check('nor if it is empty', not server.asked and 'at main.c' not in out)
    out, err = lines(rewalk, url)
    check('the lines are there', server.asked == [path] and '    at main.c:206\n' in out and
          'taken for the kernel' in err)
    server.asked.clear()
    server.files = {}
    out, err = lines(rewalk, url)
    check('the server has none', server.asked and 'at main.c' not in out and
          'debuginfod: the kernel: not there' in err)
    server.files[path] = good.replace(b'GNU\0', b'GNV\0')
    out, err = lines(rewalk, url)
    check('another build-id is refused', 'at main.c' not in out and 'refused' in err)
    server.files[path] = b'no ELF file'
    out, err = lines(rewalk, url)
    check('no ELF file', 'at main.c' not in out and 'not an ELF file' in err)
    server.shutdown()
    out, err = lines(rewalk, 'http://127.0.0.1:9')
    check('nobody is there', 'at main.c' not in out and 'debuginfod: the kernel: ' in err)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
