"""Speed and size, measured as ratios against a floor in the same run.

Each module runs as `python -m benchmarks.NAME`, prints its figures, and with `--check` exits 1 when an
aim is missed. Wall-clock times on shared machines mean little: the figures to read are ratios of CPU
time, counts and bytes.
"""
