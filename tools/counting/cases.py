# SPDX-License-Identifier: GPL-2.0-or-later
"""What tools/counts looks at: runs of the load module, tests/modules/load."""

PCE, VIRTIO = "pce", "virtio"

# An algorithm's driver, and its parameters beside.
ALGORITHMS = {
    ("cbc", PCE): "driver=cbc-aes-pce key_length=16",
    ("cbc", VIRTIO): "driver=virtio_crypto_aes_cbc key_length=16",
    ("xts", PCE): "driver=xts-aes-pce key_length=32",
    ("gcm", PCE): "driver=gcm-aes-pce key_length=16 aad_length=16",
    ("sha256", PCE): "driver=sha256-pce op=digest",
}


# How a parameter is called in a case's name.
SHOWN = {"op": "{}", "in_place": "in-place", "segments": "{}-segments"}


class Case:
    """Requests of one kind, `depth` of them in flight."""

    def __init__(self, name, words, requests):
        self.name = name
        self.device = VIRTIO if "driver=virtio" in words else PCE
        self.words = words
        self.requests = requests

    def line(self):
        """For the load module.  There is nothing to warm up: counts do not cool."""
        return f"{self.words} backlog=1 warm_up_ms=0 requests={self.requests}"


def case(algorithm, device=PCE, size=4096, depth=32, requests=20000, **more):
    words = f"{ALGORITHMS[algorithm, device]} size={size} depth={depth}"
    name = f"{device}/{algorithm}/{size}x{depth}"
    for parameter, value in more.items():
        words += f" {parameter}={value}"
        name += "/" + SHOWN[parameter].format(value)
    return Case(name, words, requests)


CASES = [
    case("cbc", depth=1),
    case("cbc", VIRTIO, depth=1),
    case("cbc"),
    case("cbc", VIRTIO),
    case("cbc", in_place=1),
    case("cbc", VIRTIO, in_place=1),
    case("cbc", op="decrypt"),
    case("cbc", VIRTIO, op="decrypt"),
    case("cbc", segments=4),
    case("cbc", VIRTIO, segments=4),
    case("cbc", size=1024),
    case("cbc", size=65536, requests=4000),
    case("xts"),
    case("gcm"),
    case("gcm", op="decrypt"),
    case("sha256"),
]
