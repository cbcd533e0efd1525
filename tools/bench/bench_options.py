"""What the peers of `tract bench step` share: their flags, their clock and their memory."""
import argparse
import resource
import sys
import time


def options(*switches, **texts):
    parser = argparse.ArgumentParser()
    for name, default in dict(channels=32, blocks=1, res=28, batch=64, runs=5, threads=2).items():
        parser.add_argument('--' + name, type=int, default=default)
    parser.add_argument('--in', dest='in_channels', type=int, default=1)
    parser.add_argument('--mult', default='1,2,2')
    parser.add_argument('--attn', default='7')
    for switch in switches:
        parser.add_argument('--' + switch, action='store_true')
    for name, default in texts.items():
        parser.add_argument('--' + name, default=default)
    args = parser.parse_args()
    args.mult = [int(part) for part in args.mult.split(',')]
    args.attn = [int(part) for part in args.attn.split(',') if part]
    return args


def images_per_second(args, work, wait=lambda: None):
    """One warm-up, then the median of the timed runs; wait returns when the device has done what it was given."""
    work()
    wait()
    seconds = []
    for _ in range(args.runs):
        started = time.perf_counter()
        work()
        wait()
        seconds.append(time.perf_counter() - started)
    return round(args.batch / sorted(seconds)[len(seconds) // 2], 2)


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == 'darwin' else 2**10)
