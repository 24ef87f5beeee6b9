"""Files → Project.  `pipeline.py` tells the order of the passes; read it first."""
