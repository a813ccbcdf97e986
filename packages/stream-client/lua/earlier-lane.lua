-- earlier-lane (format 1): tells whether anything from before the fence of a partition stands in a lane, or is still to join
-- it. Nothing joins it from before the fence once this was said to be over. Changes nothing.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] lane
-- ARGV[1] group
--
-- Replies {over}, {left}, or {unfilled, the entry up to which lanes are to be filled before it can be told}.

local events, counters, lane, group = KEYS[1], KEYS[2], KEYS[3], ARGV[1]

local function is_after(a, b)
  local a_ms, a_seq = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_seq = string.match(b, '^(%d+)-(%d+)$')
  if tonumber(a_ms) ~= tonumber(b_ms) then return tonumber(a_ms) > tonumber(b_ms) end
  return tonumber(a_seq) > tonumber(b_seq)
end

local function delivered_up_to()
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', events)) do
    local info = {}
    for i = 1, #flat, 2 do
      info[flat[i]] = flat[i + 1]
    end
    if info.name == group then return info['last-delivered-id'] end
  end
end

if redis.call('LINDEX', lane, 0) then return { 'left' } end
local known = redis.call('HMGET', counters, 'fence', 'lanes-filled')
local fence, filled = known[1], known[2] or '0-0'
if not fence or redis.call('EXISTS', events) == 0 then return { 'left' } end
local delivered = delivered_up_to()
if not delivered then return { 'left' } end
-- What was delivered or trimmed may be farther than the group says, where that was made anew.
if is_after(fence, delivered) and #redis.call('XRANGE', events, '(' .. delivered, fence, 'COUNT', 1) > 0 then
  return { 'left' }
end
local oldest = redis.call('XPENDING', events, group)[2]
if oldest and not is_after(oldest, fence) and is_after(fence, filled) then return { 'unfilled', fence } end
return { 'over' }
