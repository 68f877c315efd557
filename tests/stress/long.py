#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a program that runs for long takes: memory, threads and open descriptors.

  long.py run SECONDS FOLDER COMMAND...   runs the command for so long
  long.py judge FOLDER                    judges again, and draws again

The folder gets samples.csv (every five seconds), plot.svg and log, what the
command wrote. The command is stopped by what Ctrl-C sends. The exit status is
1 where the command ended by itself or did not stop within a minute, or where
what it takes is not flat:

The first tenth of the samples, in which it starts, does not count. Medians of
the first and the last tenth of the rest are compared: memory may have grown by
2 % or by 1 MiB, what is more; threads and descriptors must be the same.
"""
import csv
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

EVERY = 5  # seconds from one sample to the next
FIELDS = ['seconds', 'resident_kib', 'threads', 'descriptors']
FEWEST = 20  # samples that are needed to judge
POINTS = 300  # of a curve of the plot


def sample(pid):
    """(KiB in memory, threads, open descriptors), or None once it has ended."""
    try:
        status = pathlib.Path(f'/proc/{pid}/status').read_text()
        descriptors = len(os.listdir(f'/proc/{pid}/fd'))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    found = dict(line.split(':', 1) for line in status.splitlines() if ':' in line)
    if 'VmRSS' not in found:  # a zombie has none
        return None
    return int(found['VmRSS'].split()[0]), int(found['Threads']), descriptors


def run(seconds, folder, command):
    """Writes samples and log; the exit status is that of main ()."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / 'log', 'wb') as log, \
            open(folder / 'samples.csv', 'w', newline='') as table:
        writer = csv.writer(table)
        writer.writerow(FIELDS)
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        while (passed := time.monotonic() - began) < seconds:
            taken = sample(child.pid)
            if child.poll() is not None or taken is None:
                print(f'the command ended by itself after {passed:.0f} s, '
                      f'with status {child.wait()}: see {folder / "log"}')
                return 1
            writer.writerow([f'{passed:.0f}', *taken])
            table.flush()
            time.sleep(EVERY)
        child.send_signal(signal.SIGINT)
        try:
            print(f'stopped after {seconds} s, with status {child.wait(60)}')
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            print('the command did not stop within a minute of SIGINT')
            return 1
    return judge(folder)


def tenths(values):
    """Medians of the first and of the last tenth after the start."""
    rest = values[len(values) // 10:]
    tenth = max(len(rest) // 10, 1)
    return statistics.median(rest[:tenth]), statistics.median(rest[-tenth:])


def judge(folder):
    """Says whether the samples are flat, and draws them."""
    with open(folder / 'samples.csv', newline='') as table:
        rows = [[int(row[field]) for field in FIELDS] for row in csv.DictReader(table)]
    if len(rows) < FEWEST:
        print(f'{len(rows)} samples in {folder / "samples.csv"}: at least {FEWEST} are needed')
        return 1
    seconds, *columns = map(list, zip(*rows))
    verdict = 0
    for name, values in zip(FIELDS[1:], columns):
        first, last = tenths(values)
        if name == 'resident_kib':
            flat = last - first <= max(0.02 * first, 1024)
        else:
            flat = first == last
        print(f'{name}: median {first:g} in the first tenth, {last:g} in the last, '
              f'at most {max(values)}: {"flat" if flat else "NOT FLAT"}')
        verdict |= not flat
    (folder / 'plot.svg').write_text(draw(seconds, columns))
    return verdict


def draw(seconds, columns):
    """An SVG of three curves over the hours, each from 0."""
    width, height, left, top = 640, 110, 70, 30
    titles = ['memory, MiB', 'threads', 'open descriptors']
    scales = [1 / 1024, 1, 1]
    hours = max(seconds[-1], 1) / 3600
    stride = -(-len(seconds) // POINTS)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + left + 20}" '
           f'height="{3 * (height + 40) + 30}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    for i, (title, scale, values) in enumerate(zip(titles, scales, columns)):
        y = top + i * (height + 40)
        most = max(values) * scale * 1.25 or 1
        # the most of each stretch: a short peak must not fall between two points
        points = ' '.join(
            f'{left + width * seconds[at] / 3600 / hours:.1f},'
            f'{y + height * (1 - max(values[at:at + stride]) * scale / most):.1f}'
            for at in range(0, len(values), stride))
        out += [f'<text x="{left}" y="{y - 8}">{title}</text>',
                f'<rect x="{left}" y="{y}" width="{width}" height="{height}" fill="none" '
                'stroke="#999"/>',
                f'<polyline points="{points}" fill="none" stroke="#06c"/>']
        for value in (0, max(values) * scale):
            out.append(f'<text x="{left - 6}" y="{y + height * (1 - value / most) + 4:.1f}" '
                       f'text-anchor="end">{value:.0f}</text>')
    y = top + 3 * (height + 40) - 20
    for part in range(5):
        out.append(f'<text x="{left + width * part / 4}" y="{y}" text-anchor="middle">'
                   f'{hours * part / 4:.2f} h</text>')
    return '\n'.join(out + ['</svg>', ''])


def main(argv):
    if len(argv) > 4 and argv[1] == 'run' and argv[2].isdigit():
        return run(int(argv[2]), pathlib.Path(argv[3]), argv[4:])
    if len(argv) == 3 and argv[1] == 'judge':
        return judge(pathlib.Path(argv[2]))
    print(__doc__.strip(), file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv))
