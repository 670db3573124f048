"""The measured programs, one file per workload. A program takes its framework from `programs.framework` alone."""
