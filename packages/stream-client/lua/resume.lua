#!lua flags=allow-oom
-- resume (format 1): ends a pause.
--
-- KEYS[1] paused hash
-- ARGV[1] what, "KIND NAME"
--
-- Replies resumed, or not-paused.

if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 'not-paused' end
return 'resumed'
