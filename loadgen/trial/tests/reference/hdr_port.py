"""What another port of HdrHistogram reads in a distribution of ours.

    python -m venv v && v/bin/pip install hdrhistogram==0.10.8
    v/bin/python hdr_port.py < encoded.txt > port.txt

It prints count, minimum, maximum and the values at 50, 90, 99 and 99.9 %.
"""
import sys
from hdrh.histogram import HdrHistogram

histogram = HdrHistogram.decode(sys.stdin.read().strip())
percentiles = [histogram.get_value_at_percentile(p) for p in (50, 90, 99, 99.9)]
print(histogram.get_total_count(), histogram.get_min_value(), histogram.get_max_value(), *percentiles)
