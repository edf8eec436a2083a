"""What we receive: contracts, readers, landing and the ledger over the manifests. No indicator rule belongs here."""
