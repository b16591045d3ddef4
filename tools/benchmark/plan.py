# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured: the points, who is measured at each, in which guest.

A step is one job of one contender.  The steps of a group follow each other
directly, in every round, so that whatever else the machine does meets all of them
alike.
"""

import fnmatch
import itertools
from dataclasses import dataclass, field, replace

SIZES = [16, 64, 256, 512, 1024, 4096, 16384, 65536]
DEPTHS = [1, 8, 32, 128]
# Code that works synchronously has one request in flight, however many it is given:
# the number only says how much memory it goes through.
SYNCHRONOUS_DEPTHS = [1, 32]
# A value of the driver's min_len that no request reaches
NEVER = 1 << 30
MIXED_SIZES = [64, 512, 1504, 4096, 16384]


@dataclass(frozen=True)
class Algorithm:
    name: str               # the kernel's
    bare: str               # the specification's
    type: str               # of the crypto API
    key_length: int
    generic: str            # the driver in plain C, which is made when it is asked for
    op: str = "encrypt"
    aad: int = 0
    auth_key_length: int = 0
    virtio: bool = False    # virtio-crypto has it

    @property
    def title(self):
        """What it is called in the report, where each op is a row of its own."""
        if self.type == "skcipher":
            return f"{self.name} {self.op}"
        return self.name


CBC = Algorithm("cbc(aes)", "aes-cbc", "skcipher", 16, "cbc(aes-generic)", virtio=True)
CBC_DECRYPT = replace(CBC, op="decrypt")
XTS = Algorithm("xts(aes)", "aes-xts", "skcipher", 32, "xts(ecb(aes-generic))")
CTR = Algorithm("ctr(aes)", "aes-ctr", "skcipher", 16, "ctr(aes-generic)")
GCM = Algorithm("gcm(aes)", "aes-gcm", "aead", 16, "gcm_base(ctr(aes-generic),ghash-generic)",
                aad=16)
SHA256 = Algorithm("sha256", "sha256", "ahash", 0, "sha256-generic", op="digest")
ALGORITHMS = [CBC, CBC_DECRYPT, XTS, CTR, GCM, SHA256]
# ... and those of which users of IPsec and disks have only C code, or a template
OTHERS = [
    Algorithm("rfc4106(gcm(aes))", "aes-gcm", "aead", 20, "", aad=16),
    Algorithm("authenc(hmac(sha256),cbc(aes))", "", "aead", 16, "", aad=16,
              auth_key_length=32),
    Algorithm("rfc7539(chacha20,poly1305)", "", "aead", 32, "", aad=16),
    Algorithm("chacha20", "", "skcipher", 32, ""),
    Algorithm("cbc(sm4)", "", "skcipher", 16, ""),
    Algorithm("hmac(sha256)", "", "ahash", 32, "", op="digest"),
    Algorithm("sha512", "", "ahash", 0, "", op="digest"),
    Algorithm("cmac(aes)", "", "ahash", 16, "", op="digest"),
]


@dataclass(frozen=True)
class Scene:
    """A guest and what is beside it."""
    name: str
    what: str
    cpus: int
    device: str = ""        # options of the pce device
    busy: int = 0           # processes beside it that do nothing but count


@dataclass
class Step:
    contender: str          # pce, virtio, aesni, generic, bare
    job: dict               # for the guest, without id and driver; or for bare
    algorithm: Algorithm = None


@dataclass
class Group:
    scene: Scene
    name: str
    steps: list = field(default_factory=list)
    rounds: int = 1


# Seconds that a job takes beside those it measures, for the time that is left
OVERHEAD = {"load": 0.25, "tcrypt": 0.5, "kcapi": 0.5, "dm-crypt": 2, "ipsec": 3,
            "idle": 0.2, "bare": 0.05}
TCRYPT_TESTS = 14           # seven sizes, two directions


def expected_seconds(step):
    measured = step.job["seconds"]
    if step.job["workload"] == "tcrypt":
        measured *= TCRYPT_TESTS
    return measured + OVERHEAD[step.job["workload"]]


def contenders(algorithm):
    return ["pce"] + ["virtio"] * algorithm.virtio + ["aesni", "generic"]


def depths_of(contender, depths, synchronous):
    return depths if contender in ("pce", "virtio") else synchronous


def bare_step(algorithm, size, seconds, depth=32):
    return Step("bare", {"workload": "bare", "op": algorithm.op, "size": size,
                         "depth": depth, "seconds": seconds}, algorithm)


def load_step(contender, algorithm, depth, seconds, **more):
    job = {"workload": "load", "key_length": algorithm.key_length, "op": algorithm.op,
           "depth": depth, "cpus": 1, "segments": 1, "warm_up_ms": 20,
           "seconds": seconds} | more
    if algorithm.aad:
        job["aad"] = algorithm.aad
    if algorithm.auth_key_length:
        job["auth_key_length"] = algorithm.auth_key_length
    return Step(contender, job, algorithm)


def load_groups(scene, algorithms, sizes, depths, synchronous, seconds, rounds):
    """Every contender at every depth, and the library, size by size."""
    for algorithm in algorithms:
        for size in sizes:
            steps = [bare_step(algorithm, size, seconds)]
            steps += [load_step(contender, algorithm, depth, seconds, size=size)
                      for depth in depths for contender in contenders(algorithm)
                      if depth in depths_of(contender, depths, synchronous)]
            yield Group(scene, f"load/{algorithm.title}/{size}", steps, rounds)


def threshold_groups(scene, algorithms, seconds, rounds):
    """Our driver with default settings, and where all goes to the device, or to the
    software that the driver has."""
    for algorithm in algorithms:
        for size, depth in itertools.product(SIZES, (1, 32)):
            steps = [load_step(contender, algorithm, depth, seconds, size=size,
                               min_len=min_len)
                     for contender, min_len in (("pce", 0), ("default", -1),
                                                ("software", NEVER))]
            yield Group(scene, f"threshold/{algorithm.title}/{size}/{depth}", steps, rounds)


def mixed_groups(scene, algorithms, seconds, rounds):
    for algorithm in algorithms:
        steps = [load_step(contender, algorithm, 32, seconds, sizes=MIXED_SIZES)
                 for contender in contenders(algorithm)]
        yield Group(scene, f"mixed/{algorithm.title}", steps, rounds)


def segment_groups(scene, algorithms, sizes, seconds, rounds):
    for algorithm in algorithms:
        for size in sizes:
            steps = [load_step(contender, algorithm, 32, seconds, size=size,
                               segments=segments)
                     for segments in (1, 4, 16) for contender in ("pce", "aesni")]
            yield Group(scene, f"segments/{algorithm.title}/{size}", steps, rounds)


def cpu_groups(scene, algorithms, sizes, seconds, rounds):
    for algorithm in algorithms:
        for size in sizes:
            steps = [load_step(contender, algorithm, 32, seconds, size=size, cpus=cpus)
                     for cpus in (1, 2) for contender in ("pce", "aesni")]
            yield Group(scene, f"cpus/{algorithm.title}/{size}", steps, rounds)


def tcrypt_groups(scene, algorithms, depths, rounds, names=None):
    for algorithm in algorithms:
        for depth in depths:
            steps = [Step(contender, {"workload": "tcrypt", "depth": depth, "seconds": 1,
                                      "key_length": algorithm.key_length}, algorithm)
                     for contender in names or contenders(algorithm)
                     if contender in ("pce", "virtio") or depth == 32]
            yield Group(scene, f"tcrypt/{algorithm.name}/{depth}", steps, rounds)


def kcapi_groups(scene, algorithms, sizes, seconds, rounds):
    for algorithm in algorithms:
        for size in sizes:
            steps = [Step(contender, {"workload": "kcapi", "op": algorithm.op, "size": size,
                                      "key_length": algorithm.key_length,
                                      "seconds": seconds}, algorithm)
                     for contender in contenders(algorithm)]
            yield Group(scene, f"kcapi/{algorithm.title}/{size}", steps, rounds)


def dm_crypt_groups(scene, combinations, names, seconds, rounds):
    for rw, block_size, depth, sector_size in combinations:
        steps = [Step(contender, {"workload": "dm-crypt", "key_length": 64, "rw": rw,
                                  "block_size": block_size, "iodepth": depth,
                                  "sector_size": sector_size, "seconds": seconds}, XTS)
                 for contender in names]
        yield Group(scene, f"dm-crypt/{rw}/{block_size}/{depth}/sectors of {sector_size}",
                    steps, rounds)


def ipsec_groups(scene, seconds, rounds):
    steps = [Step(contender, {"workload": "ipsec", "algorithm": "rfc4106(gcm(aes))",
                              "contender": contender, "seconds": seconds})
             for contender in ("pce", "aesni", "generic")]
    yield Group(scene, "ipsec/rfc4106(gcm(aes))", steps, rounds)


def idle_groups(scene, seconds, rounds):
    yield Group(scene, "idle", [Step("pce", {"workload": "idle", "seconds": seconds})], rounds)


def idle_host(device):
    return Scene("idle host", "a guest with one CPU, nothing beside it", 1, device)


def crowded(device, processors):
    return Scene("crowded", f"a guest with {processors} CPUs on as many processors, "
                 "and one busy process", processors, device, busy=1)


def two_cpus(device):
    options = ",".join(filter(None, [device, "queues=2", "workers=2"]))
    return Scene("two CPUs", "a guest with two CPUs, two queue pairs, two workers", 2, options)


def full(device, processors, rounds):
    """Some 40 minutes."""
    rounds = rounds or 3
    idle, crowd, two = idle_host(device), crowded(device, processors), two_cpus(device)
    yield from idle_groups(idle, 3, rounds)
    yield from tcrypt_groups(idle, [CBC, XTS], DEPTHS, rounds)
    yield from load_groups(idle, ALGORITHMS, SIZES, DEPTHS, SYNCHRONOUS_DEPTHS, 0.3,
                           rounds)
    yield from mixed_groups(idle, [CBC, XTS, GCM], 0.3, rounds)
    yield from segment_groups(idle, [CBC, XTS, GCM], [4096, 65536], 0.3, rounds)
    yield from kcapi_groups(idle, [CBC, XTS, SHA256], [4096, 65536], 1, rounds)
    yield from dm_crypt_groups(idle, [*itertools.product(("read", "write"), [1 << 20], (1, 32),
                                                         (4096, 512)),
                                      *itertools.product(("read", "write", "randread",
                                                          "randwrite"), [4096], (1, 32),
                                                         [4096])],
                               ("pce", "aesni", "generic"), 1, rounds)
    yield from ipsec_groups(idle, 2, rounds)
    yield from tcrypt_groups(crowd, [CBC], [1, 32], rounds, ("pce", "virtio"))
    yield from cpu_groups(two, [CBC, XTS, GCM], [512, 4096, 65536], 0.3, rounds)


def quick(device, processors, rounds):
    """Three minutes: what the targets on an idle host need, and little else."""
    del processors
    rounds = rounds or 2
    idle = idle_host(device)
    yield from idle_groups(idle, 2, 1)
    yield from load_groups(idle, ALGORITHMS, [16, 512, 1024, 4096, 65536], [1, 32], [32],
                           0.15, rounds)
    yield from dm_crypt_groups(idle, [("read", 1 << 20, 32, 4096), ("write", 1 << 20, 32, 4096)],
                               ("pce", "aesni"), 1, 1)


def tiny(device, processors, rounds):
    """A few points, for a test of the tools."""
    del processors
    rounds = rounds or 1
    idle = idle_host(device)
    yield from idle_groups(idle, 1, 1)
    yield from load_groups(idle, [CBC, GCM], [4096], [1, 32], [32], 0.05, rounds)


def threshold(device, processors, rounds):
    """Ten minutes: who gets what with default settings."""
    del processors
    yield from threshold_groups(idle_host(device), ALGORITHMS + OTHERS, 0.1, rounds or 3)


PLANS = {"full": full, "quick": quick, "tiny": tiny, "threshold": threshold}


def label(group):
    return f"{group.scene.name}/{group.name}"


def make(name, device, processors, rounds=None, only=()):
    """The groups of a plan, of those only whose label has a pattern in it."""
    return [group for group in PLANS[name](device, processors, rounds)
            if not only or any(fnmatch.fnmatchcase(label(group), f"*{pattern}*")
                               for pattern in only)]
