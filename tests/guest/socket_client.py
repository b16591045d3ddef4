# SPDX-License-Identifier: GPL-2.0-or-later
"""socket_client.py DRIVER REFERENCE: compare two AES drivers through AF_ALG.

Says "seed N" when it begins, and then encrypts and decrypts random data until
SIGTERM comes.  The exit status says whether all was equal.
"""

import os
import random
import signal
import socket
import sys

BLOCK = 16
MAX_BLOCKS = 256


class Cipher:
    """A key on a driver."""

    def __init__(self, driver, key):
        self.algorithm = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
        self.algorithm.bind(('skcipher', driver))
        self.algorithm.setsockopt(socket.SOL_ALG, socket.ALG_SET_KEY, key)
        self.operation, _ = self.algorithm.accept()

    def crypt(self, direction, iv, data):
        self.operation.sendmsg_afalg([data], op=direction, iv=iv)
        return self.operation.recv(len(data))

    def close(self):
        self.operation.close()
        self.algorithm.close()


def compare(rnd, tested, reference):
    """Return whether one random request has the same result on both."""
    direction = rnd.choice([socket.ALG_OP_ENCRYPT, socket.ALG_OP_DECRYPT])
    iv = rnd.randbytes(BLOCK)
    data = rnd.randbytes(BLOCK * rnd.randint(1, MAX_BLOCKS))
    return tested.crypt(direction, iv, data) == reference.crypt(direction, iv, data)


def main():
    driver, reference_driver = sys.argv[1:]
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    seed = int(os.environ.get('PCE_SEED') or random.randrange(2 ** 32))
    rnd = random.Random(seed)
    print(f'AF_ALG: seed {seed}', flush=True)
    requests = 0
    while not stop:
        key = rnd.randbytes(rnd.choice([16, 24, 32]))
        tested = Cipher(driver, key)
        reference = Cipher(reference_driver, key)
        for _ in range(50):
            if stop:
                break
            if not compare(rnd, tested, reference):
                print(f'AF_ALG: {driver} differs in request {requests}')
                return 1
            requests += 1
        tested.close()
        reference.close()
    print(f'AF_ALG: {requests} requests, all equal')
    return 0


sys.exit(main())
