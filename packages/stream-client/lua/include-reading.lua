-- How far a group has read its stream; nothing where there is no such group.
local function delivered_up_to(events, group)
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', events)) do
    local info = {}
    for i = 1, #flat, 2 do
      info[flat[i]] = flat[i + 1]
    end
    if info.name == group then return info['last-delivered-id'] end
  end
end

local function is_after(a, b)
  local a_ms, a_seq = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_seq = string.match(b, '^(%d+)-(%d+)$')
  if tonumber(a_ms) ~= tonumber(b_ms) then return tonumber(a_ms) > tonumber(b_ms) end
  return tonumber(a_seq) > tonumber(b_seq)
end

-- Whether nobody has read an entry up to this one yet. What was delivered or trimmed may be farther than the group says, where that
-- was made anew.
local function has_unread(events, group, id)
  local delivered = delivered_up_to(events, group)
  if not delivered then return true end
  return is_after(id, delivered) and #redis.call('XRANGE', events, '(' .. delivered, id, 'COUNT', 1) > 0
end
