-- compatible
-- Events that were acted on are removed from now on; these were kept by the first release. `processed_at` stays for its servers, which
-- may still run beside newer ones.
delete from outbox where processed_at is not null;
