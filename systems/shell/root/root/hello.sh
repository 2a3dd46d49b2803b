#!/bin/sh
echo "Hello from $0 with $# arguments: $*"
