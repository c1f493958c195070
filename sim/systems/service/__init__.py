"""The service desk: tickets arise from use, wait for somebody who is free, and are answered or given up."""
