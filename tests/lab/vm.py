# SPDX-License-Identifier: GPL-2.0-or-later
"""One virtual machine: QEMU's process, its monitor, the guest's console, and the memory
that the guest shares with us (lab_truth.c writes to it)."""
import json
import mmap
import os
import re
import select
import socket
import struct
import subprocess
import tempfile
import time

import cache

SHARE_SIZE = 16 << 20
MAGIC = 0x6874757274626c61      # lab_truth.c
TEXT_OFFSET = 4096
START_LIMIT = 60        # seconds for QEMU itself
DUMP_LIMIT = 300
CMDLINE = ('console=ttyAMA0 panic=0 oops=panic log_buf_len=4M printk.devkmsg=on '
           'no_console_suspend')


def connect(path, process):
    end = time.monotonic() + START_LIMIT
    while True:
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
            return s
        except OSError as e:
            s.close()
            if process.poll() is not None:
                raise cache.Failed('QEMU ended with status %d' % process.returncode)
            if time.monotonic() > end:
                raise cache.Failed('QEMU: %s' % e.strerror)
            time.sleep(0.05)


class Monitor:
    """QMP"""

    def __init__(self, sock):
        self.sock, self.file = sock, sock.makefile('rwb', buffering=0)
        self._receive(START_LIMIT)
        self.call('qmp_capabilities')

    def _receive(self, limit):
        self.sock.settimeout(max(limit, 0.1))
        try:
            line = self.file.readline()
        except OSError as e:
            raise cache.Failed("QEMU's monitor: %s" % e)
        if not line:
            raise cache.Failed('QEMU closed its monitor')
        return json.loads(line)

    def call(self, command, limit=START_LIMIT, **arguments):
        self.file.write(json.dumps({'execute': command, 'arguments': arguments}).encode() + b'\n')
        end = time.monotonic() + limit
        while True:
            answer = self._receive(end - time.monotonic())
            if 'error' in answer:
                raise cache.Failed('QEMU: %s: %s' % (command, answer['error']['desc']))
            if 'return' in answer:
                return answer['return']


class Machine:
    """Use it in a with statement: at its end QEMU is ended, whatever happened."""

    def __init__(self, kernel, scenario, initramfs, directory, cpus):
        self.directory = directory
        self.text = ''
        # a socket's path is short
        self.sockets = tempfile.TemporaryDirectory(prefix='rewalk-lab-')
        with open(self._socket('share'), 'wb') as f:
            f.truncate(SHARE_SIZE)
        self.share = open(self._socket('share'), 'rb')
        self.shared = mmap.mmap(self.share.fileno(), SHARE_SIZE, prot=mmap.PROT_READ)
        cache.write(self._socket('initramfs'), initramfs)
        os.makedirs(os.path.join(directory, 'host'), exist_ok=True)
        self.command = self._command(kernel, scenario, cpus)
        cache.write(os.path.join(directory, 'command'), ' '.join(self.command) + '\n')

    def _socket(self, name):
        return os.path.join(self.sockets.name, name)

    def _command(self, kernel, scenario, cpus):
        cmdline = [CMDLINE, scenario.cmdline]
        if scenario.save:
            cmdline.append('crashkernel=192M crash_kexec_post_notifiers')
        command = [
            'qemu-system-aarch64', '-machine', 'virt,gic-version=3', '-accel',
            'tcg,thread=multi', '-cpu', 'max,pauth-impdef=on,' + scenario.cpu,
            '-smp', str(cpus), '-m', '%dM' % scenario.memory,
            '-display', 'none', '-monitor', 'none', '-nodefaults', '-no-reboot', '-S',
            '-kernel', kernel.path('Image'), '-initrd', self._socket('initramfs'),
            '-append', ' '.join(filter(None, cmdline)),
            '-device', 'vmcoreinfo',
            '-chardev', 'socket,id=console,server=on,wait=off,path=' + self._socket('console'),
            '-serial', 'chardev:console',
            '-qmp', 'unix:%s,server=on,wait=off' % self._socket('monitor'),
            '-object', 'memory-backend-file,id=share,share=on,size=%d,mem-path=%s' % (
                SHARE_SIZE, self._socket('share')),
            '-device', 'ivshmem-plain,memdev=share']
        if scenario.save:
            command += ['-fsdev', 'local,id=lab,security_model=none,path=%s/host' %
                        self.directory, '-device', 'virtio-9p-pci,fsdev=lab,mount_tag=lab']
        return command

    def __enter__(self):
        self.errors = open(os.path.join(self.directory, 'qemu.txt'), 'w+b')
        self.log = open(os.path.join(self.directory, 'console.txt'), 'wb')
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=self.errors, stderr=self.errors)
        try:
            self.console = connect(self._socket('console'), self.process)
            self.monitor = Monitor(connect(self._socket('monitor'), self.process))
            self.monitor.call('cont')
        except BaseException as e:
            self.__exit__(None, None, None)
            if isinstance(e, cache.Failed):
                e.detail = cache.read(os.path.join(self.directory, 'qemu.txt'))
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.errors.close()
        self.log.close()
        self.shared.close()
        self.share.close()
        self.sockets.cleanup()

    def _pump(self, seconds):
        """Reads what the console has to say."""
        if not select.select([self.console], [], [], seconds)[0]:
            return
        data = self.console.recv(65536)
        if not data:
            raise cache.Failed('QEMU ended', self.tail())
        self.log.write(data)
        self.log.flush()
        self.text += data.decode('utf-8', 'replace').replace('\r', '')

    def read_console(self):
        """All that it has said so far."""
        size = -1
        while size != len(self.text):
            size = len(self.text)
            self._pump(0.2)

    def wait(self, condition, what, limit):
        """Until @condition(), or until the guest says that it failed."""
        end = time.monotonic() + limit
        while not condition():
            self._pump(0.05)
            failed = re.search(r'^@@FAILED (.*)', self.text, re.M)
            if failed:
                raise cache.Failed('the guest: ' + failed.group(1), self.tail())
            if time.monotonic() > end:
                raise cache.Failed('%s: not after %d s' % (what, limit), self.tail())

    def said(self, word):
        return re.search(r'^@@%s\b' % word, self.text, re.M)

    def truth_length(self):
        magic, length = struct.unpack_from('<QQ', self.shared)
        return length if magic == MAGIC else 0

    def truth(self):
        return self.shared[TEXT_OFFSET:TEXT_OFFSET + self.truth_length()]

    def notes(self):
        return re.findall(r'^@@NOTE (.*)', self.text, re.M)

    def counts(self):
        return dict(re.findall(r'@@COUNT (\w+) (\d+)', self.text))

    def printed(self, n):
        """What was printed before TOLD @n, and after that before it."""
        return re.split(r'^@@TOLD \d.*$', self.text, flags=re.M)[n - 1]

    def stop(self):
        self.monitor.call('stop')

    def go_on(self):
        self.monitor.call('cont')

    def dump(self, form, path):
        self.monitor.call('dump-guest-memory', DUMP_LIMIT, paging=False, protocol='file:' + path,
                          format=form)
        os.chmod(path, 0o644)
        if form == 'elf':
            cache.run(['fallocate', '--dig-holes', path], DUMP_LIMIT)

    def tail(self, lines=40):
        return '\n'.join(self.text.splitlines()[-lines:])
