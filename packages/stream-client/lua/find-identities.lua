#!lua flags=allow-oom
-- find-identities (format 1): tells what is known of events under their identities, as durable as if it were written now.
--
-- KEYS[1] counters hash   KEYS[2..] identity key, one per event
-- ARGV per event: content hash
--
-- Replies one line per event, in order: duplicate REF or conflict REF, as append does, or unknown.
--
-- include: write-anew

local replies, is_known = {}, false
for n, known in ipairs(redis.call('MGET', unpack(KEYS, 2))) do
  local ref, hash = string.match(known or '', '^(%S+) (%S+)$')
  replies[n] = ref and ((hash == ARGV[n] and 'duplicate ' or 'conflict ') .. ref) or 'unknown'
  is_known = is_known or ref ~= nil
end
if is_known then write_anew(KEYS[1]) end
return replies
