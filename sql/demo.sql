-- Sample cards to try the service with. Their codes are public, so they only go into a database without any card.
INSERT INTO cards (prefix, code, full_code, created_at, updated_at)
SELECT prefix, code, CONCAT(prefix, '-', code), UTC_TIMESTAMP(), UTC_TIMESTAMP()
FROM (
    SELECT 'VIP' AS prefix, 'DEMO123456' AS code
    UNION ALL SELECT 'PREMIUM', 'TEST789012'
    UNION ALL SELECT 'BASIC', 'SAMPLE345678'
) AS samples
WHERE NOT EXISTS (SELECT 1 FROM cards);
