#!lua flags=allow-oom
-- clear-context (format 1): forgets what is remembered of a context. Who is at work in it, and who waits, stays.
--
-- KEYS[1] context hash   KEYS[2] contexts, sorted by ms
-- ARGV[1] id
--
-- Replies cleared, or not-found.

redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], 'memory', 'updated') > 0 and 'cleared' or 'not-found'
