-- find-identities (format 1): tells what is known of events under their identities. Changes nothing.
--
-- KEYS[1] identity key of the first event   KEYS[2..] of the others
-- ARGV per event: content hash
--
-- Replies one line per event, in order: duplicate REF or conflict REF, as append does, or unknown.

local replies = {}
for n, known in ipairs(redis.call('MGET', unpack(KEYS))) do
  local ref, hash = string.match(known or '', '^(%S+) (%S+)$')
  replies[n] = ref and ((hash == ARGV[n] and 'duplicate ' or 'conflict ') .. ref) or 'unknown'
end
return replies
