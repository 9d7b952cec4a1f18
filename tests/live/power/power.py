#!/usr/bin/env python3
"""Cuts the power of a machine that workmate runs on, again and again, and looks at what is left.

    power.py PROGRAMS    the folder with workmate and workmate-reader; `make power-test` runs it

The machine is qemu with a Linux of Debian and an ext4 file system; the programs are this machine's own. Its
disk has a volatile cache, as real ones have: what was written and not flushed is lost at a cut, all of it or
a part, in any order (`Disk`). Meanwhile letters come in, tasks are answered and backups are made. After each
cut the daemon must start by itself, a backup must find nothing damaged (pages, rows, the journal's chain,
originals), and nothing that was acknowledged may be missing: no letter, none of its bytes, no answer.

The machine is started once and then resumed from its memory, so that a round takes seconds.

CUTS says how many cuts (20), SEED which (1), QEMU names the emulator, ACCEL what it may use (tcg), SOAK_NOTES
where a line about it goes.
"""

import glob
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "workmate-test-servers")
CUTS = int(os.environ.get("CUTS", "20"))
SEED = int(os.environ.get("SEED", "1"))
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
ACCEL = os.environ.get("ACCEL", "tcg,thread=multi")
DISK_BYTES = 1 << 30
MEMORY_MB = 700
# A start of the daemon in an emulated machine, and a look at all it has.
PATIENCE = 180


class Failed(Exception):
    """A promise is not kept."""


# -- a disk with a cache that a power cut empties


class Disk:
    """An NBD server for one client (the protocol's fixed newstyle, simple replies)."""

    BLOCK = 4096

    def __init__(self, path, address, dice):
        self.file = os.open(path, os.O_RDWR)
        self.dice = dice
        # What was written since the last flush, in its order: (offset, bytes).
        self.unflushed = []
        self.cached = {}
        self.lost = self.flushes = 0
        self.lock = threading.Lock()
        self.is_cut = False
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(address)
        self.server.listen(1)
        self.client = None
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            self.client, _ = self.server.accept()
            if self.greet():
                while self.answer():
                    pass
        except (ConnectionError, OSError):
            pass

    def take(self, length):
        parts = []
        while length:
            part = self.client.recv(min(length, 1 << 20))
            if not part:
                raise ConnectionError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def greet(self):
        # HAS_FLAGS, SEND_FLUSH, SEND_FUA
        flags = 1 | 4 | 8
        self.client.sendall(b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3))
        self.take(4)
        while True:
            _, option, length = struct.unpack(">QII", self.take(16))
            self.take(length)
            if option == 1:  # EXPORT_NAME
                self.client.sendall(struct.pack(">QH", DISK_BYTES, flags) + bytes(124))
                return True
            if option == 7:  # GO
                info = struct.pack(">HQH", 0, DISK_BYTES, flags)
                self.client.sendall(self.said(option, 3, info) + self.said(option, 1, b""))
                return True
            self.client.sendall(self.said(option, (1 << 31) | 1, b""))
            if option == 2:  # ABORT
                return False

    @staticmethod
    def said(option, kind, data):
        return struct.pack(">QIII", 0x3E889045565A9, option, kind, len(data)) + data

    def answer(self):
        _, flags, verb, handle, offset, length = struct.unpack(">IHHQQI", self.take(28))
        data = self.take(length) if verb == 1 else b""
        reply = b""
        with self.lock:
            if self.is_cut:
                return False
            if verb == 0:
                reply = self.read(offset, length)
            elif verb == 1:
                self.write(offset, data)
                if flags & 1:
                    self.flush()
            elif verb == 2:
                return False
            elif verb == 3:
                self.flush()
        error = 0 if verb in (0, 1, 3) else 22
        self.client.sendall(struct.pack(">IIQ", 0x67446698, error, handle) + reply)
        return True

    def read(self, offset, length):
        parts = []
        end = offset + length
        while offset < end:
            number, start = divmod(offset, self.BLOCK)
            stop = min(self.BLOCK, start + end - offset)
            parts.append(self.block(number)[start:stop])
            offset += stop - start
        return b"".join(parts)

    def block(self, number):
        known = self.cached.get(number)
        return known if known is not None else os.pread(self.file, self.BLOCK, number * self.BLOCK)

    def write(self, offset, data):
        self.unflushed.append((offset, data))
        while data:
            number, start = divmod(offset, self.BLOCK)
            part = data[: self.BLOCK - start]
            block = bytearray(self.block(number))
            block[start : start + len(part)] = part
            self.cached[number] = bytes(block)
            offset, data = offset + len(part), data[len(part) :]

    def flush(self):
        for number, block in self.cached.items():
            os.pwrite(self.file, block, number * self.BLOCK)
        self.cached.clear()
        self.unflushed.clear()
        self.flushes += 1

    def cut(self):
        """Nothing is taken any more; of what was not flushed a part has come to the disk, sector by sector."""
        with self.lock:
            self.is_cut = True
            share = self.dice.choice([0.0, 0.3, 0.7, 1.0])
            sectors = [
                (offset + at, data[at : at + 512])
                for offset, data in self.unflushed
                for at in range(0, len(data), 512)
            ]
            for offset, sector in sectors:
                if self.dice.random() < share:
                    os.pwrite(self.file, sector, offset)
                else:
                    self.lost += 1
        if self.client:
            self.client.close()
        self.server.close()
        os.close(self.file)


# -- the machine


class Machine:
    """qemu, resumed where it waits; `said` holds its lines."""

    def __init__(self, work, number, disk_address, state):
        self.said = []
        self.heard = threading.Condition()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        own = os.path.join(work, f"machine-{number}")
        told, monitor = f"{own}.told", f"{own}.monitor"
        command = [
            *[QEMU, "-machine", "q35", "-accel", ACCEL, "-cpu", "max", "-smp", "2", "-m", str(MEMORY_MB)],
            *["-display", "none", "-nodefaults", "-no-reboot"],
            *["-kernel", os.path.join(work, "kernel"), "-initrd", os.path.join(work, "initrd")],
            *["-append", "console=ttyS0 panic=-1 quiet"],
            *["-blockdev", f"driver=nbd,node-name=disk,server.type=unix,server.path={disk_address}"],
            *["-device", "virtio-blk-pci,drive=disk,write-cache=on"],
            *["-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-10.0.2.15:8420"],
            *["-device", "virtio-net-pci,netdev=net"],
            *["-serial", f"file:{own}.console"],
            *["-chardev", f"socket,id=told,path={told},server=on,wait=off", "-serial", "chardev:told"],
            *["-qmp", f"unix:{monitor},server=on,wait=off"],
        ]
        if state:
            command += ["-incoming", f"exec:cat {state}"]
        self.log = open(f"{own}.log", "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, start_new_session=True)
        self.told = self.connected(told)
        self.monitor = self.connected(monitor)
        self.answers = self.monitor.makefile()
        self.command("qmp_capabilities")
        threading.Thread(target=self.listen, daemon=True).start()

    def connected(self, path):
        end = time.monotonic() + 60
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(path)
                return connection
            except OSError:
                connection.close()
                if time.monotonic() > end or self.process.poll() is not None:
                    raise Failed(f"qemu does not start: {open(self.log.name).read()}") from None
                time.sleep(0.05)

    def listen(self):
        rest = b""
        while True:
            try:
                got = self.told.recv(4096)
            except OSError:
                got = b""
            if not got:
                return
            *lines, rest = (rest + got).split(b"\n")
            with self.heard:
                self.said += [it.decode(errors="replace").strip() for it in lines]
                self.heard.notify_all()

    def until(self, word, patience=PATIENCE):
        """The rest of the line that begins with a word, once it is said; what is damaged fails the test."""
        end = time.monotonic() + patience
        with self.heard:
            while True:
                for line in self.said:
                    if line.startswith("damaged"):
                        raise Failed(line)
                    if line == word or line.startswith(f"{word} "):
                        return line[len(word) :].strip()
                left = end - time.monotonic()
                if left < 0 or self.process.poll() is not None:
                    raise Failed(f"the machine never said “{word}”, but:\n" + "\n".join(self.said[-30:]))
                self.heard.wait(min(left, 1))

    def tell(self, line):
        self.told.sendall(f"{line}\n".encode())

    def command(self, name, **arguments):
        """Asks qemu (QMP), and waits for its answer."""
        self.monitor.sendall(json.dumps({"execute": name, "arguments": arguments}).encode())
        while True:
            line = self.answers.readline()
            if not line:
                raise Failed("qemu has gone")
            answer = json.loads(line)
            if "error" in answer:
                raise Failed(f"qemu: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def wait_until(self, is_so):
        end = time.monotonic() + 120
        while not is_so():
            if time.monotonic() > end:
                raise Failed("qemu takes too long")
            time.sleep(0.1)

    def keep(self, path):
        """Stops it and keeps its memory."""
        self.command("stop")
        self.command("migrate", uri=f"exec:cat > {path}")
        self.wait_until(lambda: self.command("query-migrate").get("status") == "completed")

    def resume(self):
        """Goes on where it was stopped; before that it hears nothing."""
        self.wait_until(lambda: self.command("query-status")["status"] == "paused")
        self.command("cont")

    def cut(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.told.close()
        self.monitor.close()
        self.log.close()


# -- the house from outside


class House:
    """What a client asks of the daemon in the machine."""

    def __init__(self, port, token):
        self.port, self.token = port, token

    def ask(self, method, path, body=None, kind="application/json"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Authorization": f"Bearer {self.token}"}
            if body is not None:
                headers["Content-Type"] = kind
            connection.request(method, f"/api/v1/{path}", body, headers)
            answer = connection.getresponse()
            got = answer.read()
            if answer.status >= 300:
                raise Failed(f"{method} {path}: {answer.status} {got[:300]}")
            return got
        finally:
            connection.close()

    def all(self, what):
        found, cursor = {}, ""
        while True:
            page = json.loads(self.ask("GET", f"{what}&limit=100{cursor}"))
            found.update({it["id"]: it for it in page[what.split("?")[0]]})
            if not page.get("next"):
                return found
            cursor = f"&cursor={page['next']}"

    def upload(self, number, content):
        edge = "workmate-power-test"
        body = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{number}.txt"\r\n\r\n'.encode()
            + content
            + f"\r\n--{edge}--\r\n".encode()
        )
        answer = self.ask("POST", "documents", body, f"multipart/form-data; boundary={edge}")
        return json.loads(answer)["id"]


def letter(number):
    day = time.strftime("%d.%m.%Y", time.localtime(time.time() + 20 * 86400))
    return (
        f"Wasserwerk Nummer {number} GmbH\nBrunnenweg 3, 12345 Lindental\n\nRechnung Nr. W-{number:05}\n\n"
        f"Rechnungsbetrag: {100 + number % 800},{number % 100:02} EUR\n"
        f"Bitte zahlen Sie den Rechnungsbetrag bis zum {day}.\n"
    ).encode()


class Load:
    """Sends letters and answers tasks until it is stopped; what was acknowledged stays known."""

    def __init__(self):
        self.letters = {}  # document: hash of its bytes
        self.answered = set()  # tasks
        self.number = 0
        self.stopped = threading.Event()

    def run(self, house, dice):
        self.stopped.clear()
        threads = [threading.Thread(target=it, args=(house, dice), daemon=True) for it in (self.send, self.do)]
        for thread in threads:
            thread.start()
        return threads

    def send(self, house, _dice):
        while not self.stopped.is_set():
            self.number += 1
            content = letter(self.number)
            try:
                document = house.upload(self.number, content)
            except (OSError, http.client.HTTPException):
                continue  # the power is gone: nothing was promised
            self.letters[document] = hashlib.sha256(content).hexdigest()
            self.stopped.wait(0.05)

    def do(self, house, dice):
        while not self.stopped.is_set():
            try:
                tasks = json.loads(house.ask("GET", "tasks?status=open&limit=20"))["tasks"]
                for task in dice.sample(tasks, min(3, len(tasks))):
                    house.ask("POST", f"tasks/{task['id']}/answer", b'{"answer": "done"}')
                    self.answered.add(task["id"])
            except (OSError, http.client.HTTPException):
                pass
            self.stopped.wait(0.2)

    def look(self, house, dice):
        """Fails if anything that was acknowledged is not there."""
        documents = house.all("documents?")
        lost = set(self.letters) - set(documents)
        if lost:
            raise Failed(f"{len(lost)} acknowledged letters are missing: {sorted(lost)[:5]}")
        # Those of the last round, which the cut could have hit, and some older ones.
        recent = list(self.letters)[-40:]
        for document in {*recent, *dice.sample(list(self.letters), min(20, len(self.letters)))}:
            content = house.ask("GET", f"documents/{document}/original")
            if hashlib.sha256(content).hexdigest() != self.letters[document]:
                raise Failed(f"the bytes of {document} are not those that were sent")
        done = house.all("tasks?status=done")
        undone = self.answered - set(done)
        if undone:
            raise Failed(f"{len(undone)} answers are forgotten: {sorted(undone)[:5]}")


# -- what the machine is made of


def need(program, package):
    found = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not found:
        sys.exit(f"power.py: {program} is missing here: apt-get install {package}")
    return found


def kernel():
    """Debian's kernel for machines like this, unpacked beside what other tests keep."""
    said = subprocess.run(["apt-cache", "depends", "linux-image-cloud-amd64"], capture_output=True, text=True, check=True)
    package = re.search(r"Depends: (linux-image-\S+)", said.stdout).group(1)
    place = os.path.join(CACHE, package)
    if not os.path.isdir(place):
        os.makedirs(CACHE, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as new:
            os.chmod(new, 0o755)
            own = ["-o", "APT::Sandbox::User=root"] if os.getuid() == 0 else []
            subprocess.run(["apt-get", *own, "download", "-qq", package], cwd=new, check=True)
            subprocess.run(["dpkg", "-x", glob.glob(f"{new}/*.deb")[0], f"{new}/root"], check=True)
            os.rename(f"{new}/root", place)
    return place


def memory_of(work, programs):
    """The first file system of the machine: a shell, the kernel's modules and the programs."""
    root, place = os.path.join(work, "root"), kernel()
    shutil.copy(glob.glob(f"{place}/boot/vmlinuz-*")[0], os.path.join(work, "kernel"))
    for folder in ("bin", "programs"):
        os.makedirs(os.path.join(root, folder))
    shutil.copy(need("busybox", "busybox-static"), f"{root}/bin/busybox")
    shutil.copy(os.path.join(HERE, "guest.sh"), f"{root}/init")
    os.chmod(f"{root}/init", 0o755)
    version = os.path.basename(glob.glob(f"{place}/lib/modules/*")[0])
    modules = f"{root}/lib/modules/{version}"
    wanted = "/(virtio|block/virtio|net/virtio|net_failover|failover|ext4|jbd2|mbcache|crc16|crc32c|libcrc32c)"
    for path in glob.glob(f"{place}/lib/modules/{version}/kernel/**/*.ko", recursive=True):
        if re.search(wanted, path):
            target = path.replace(f"{place}/lib/modules/{version}", modules)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(path, target)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(f"{place}/lib/modules/{version}/{name}", modules)
    subprocess.run([need("depmod", "kmod"), "-b", root, version], check=True)
    libraries = set()
    for name in ("workmate", "workmate-reader"):
        program = os.path.join(programs, name)
        shutil.copy(program, f"{root}/programs/{name}")
        said = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        libraries |= set(re.findall(r"(/\S+) \(0x", said))
    for library in libraries:
        target = f"{root}{library}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(os.path.realpath(library), target)
    pack = "find . | cpio --quiet -o -H newc >../initrd"
    subprocess.run(["bash", "-c", pack], cwd=root, check=True)
    shutil.rmtree(root)


def main():
    programs = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else f"{HERE}/../../../target/release")
    for name in ("workmate", "workmate-reader"):
        if not os.access(os.path.join(programs, name), os.X_OK):
            sys.exit(f"power.py: no {name} in {programs}: make build makes it")
    need(QEMU, "qemu-system-x86")
    need("cpio", "cpio")
    make = need("mkfs.ext4", "e2fsprogs")
    dice = random.Random(SEED)
    with tempfile.TemporaryDirectory() as work:
        memory_of(work, programs)
        image, state = os.path.join(work, "disk"), os.path.join(work, "state")
        with open(image, "wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run([make, "-q", "-F", image], check=True)
        play(work, image, state, dice)


def play(work, image, state, dice):
    started = time.monotonic()
    load, lost, flushes = Load(), 0, 0
    for number in range(CUTS + 2):
        address = os.path.join(work, f"disk-{number}")
        disk = Disk(image, address, dice)
        machine = Machine(work, number, address, state if number else None)
        try:
            if number == 0:
                machine.until("waiting")
                machine.keep(state)
                print(f"# the machine waits; its memory is {os.path.getsize(state) >> 20} MB", flush=True)
                continue
            machine.resume()
            began = time.monotonic()
            machine.tell(f"go {int(time.time())}")
            token = machine.until("token")
            ready = time.monotonic() - began
            whole = machine.until("whole")
            house = House(machine.port, token)
            load.look(house, dice)
            said = f"ok - start {number}: well after {ready:.1f} s, {len(load.letters)} letters and "
            said += f"{len(load.answered)} answers are there; {whole}"
            if number == CUTS + 1:
                machine.tell("restore")
                print(f"{said}\nok - {machine.until('restored')} is brought back on it", flush=True)
                continue
            threads = load.run(house, dice)
            moment = dice.uniform(0.5, 9)
            time.sleep(moment)
            machine.cut()
            disk.cut()
            load.stopped.set()
            for thread in threads:
                thread.join()
            print(f"{said}; cut after {moment:.1f} s, {disk.lost} sectors lost", flush=True)
        except Failed:
            for ending in ("console", "log"):
                with open(os.path.join(work, f"machine-{number}.{ending}"), errors="replace") as file:
                    print(f"-- {ending}\n{file.read()[-3000:]}", file=sys.stderr)
            raise
        finally:
            machine.cut()
            if not disk.is_cut:
                disk.cut()
            lost, flushes = lost + disk.lost, flushes + disk.flushes
    minutes = (time.monotonic() - started) / 60
    found = f"{CUTS} cuts, {len(load.letters)} letters, {len(load.answered)} answers: nothing acknowledged is missing, "
    found += f"nothing is damaged; {lost} sectors of the disk's cache were lost"
    print(f"# {found}; {flushes} flushes, {minutes:.0f} minutes")
    notes = os.environ.get("SOAK_NOTES")
    if notes:
        with open(os.path.join(notes, "power"), "w") as file:
            file.write(f"| Power cuts of a machine with ext4 while letters, answers and backups are under way | {found} |\n")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"not ok - {failed}")
