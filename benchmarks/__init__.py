"""What each stage of the line costs, as a ratio to the least that could do the job, measured in the same run."""
