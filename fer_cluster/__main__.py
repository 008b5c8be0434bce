"""python -m fer_cluster."""

from fer_cluster.cli import main

main()
