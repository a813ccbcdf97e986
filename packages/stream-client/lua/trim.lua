#!lua flags=allow-oom
-- trim (format 1): drops settled entries below an id, never past an entry that any group has still to read or settle.
-- In whole nodes and at most a few thousand entries a call, so that Redis is not held up.
--
-- KEYS[1] events stream
-- ARGV[1] id below which entries may go   ARGV[2] most entries to look at
--
-- Replies how many entries were dropped.

local events, limit_id = KEYS[1], ARGV[1]

local function is_below(a, b)
  local a_ms, a_seq = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_seq = string.match(b, '^(%d+)-(%d+)$')
  if tonumber(a_ms) ~= tonumber(b_ms) then return tonumber(a_ms) < tonumber(b_ms) end
  return tonumber(a_seq) < tonumber(b_seq)
end

-- Without a group nothing has been read yet.
local groups = redis.call('XINFO', 'GROUPS', events)
if #groups == 0 then return 0 end

for _, info in ipairs(groups) do
  local group = {}
  for i = 1, #info, 2 do
    group[info[i]] = info[i + 1]
  end
  local needed = group['last-delivered-id']
  local oldest_pending = redis.call('XPENDING', events, group.name)[2]
  if oldest_pending and is_below(oldest_pending, needed) then needed = oldest_pending end
  if is_below(needed, limit_id) then limit_id = needed end
end

return redis.call('XTRIM', events, 'MINID', '~', limit_id, 'LIMIT', ARGV[2])
