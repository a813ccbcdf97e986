-- What waits or is dead keeps its own copy of the event in its record, so that it never holds back trimming.

-- The fields of an entry, of whichever format, as format 1 has them.
local function read_fields(flat)
  local own = {}
  for i = 1, #flat, 2 do
    own[flat[i]] = flat[i + 1]
  end
  if not own.v2 then return own end
  local seq, kind, size, from = string.match(own.v2, '^(%d+) ([jb%-]) (%d+)\n()')
  if not seq then return own end
  local data_from = from + tonumber(size)
  return { format = '1', seq = seq, kind = kind, event = string.sub(own.v2, from, data_from - 1), data = string.sub(own.v2, data_from) }
end

-- What the record of an entry keeps of it, fields and values by turns, and whether nobody has counted the entry in the backlog. Of an
-- entry that is not one of ours that is a bounded piece of its text, for a person to look at.
local function own_copy(events, id)
  local copy = { 'copied', '1' }
  local found = redis.call('XRANGE', events, id, id)[1]
  if not found then return copy, false end
  local own = read_fields(found[2])
  if own.format and own.seq and own.kind and own.event and own.data then
    for _, name in ipairs({ 'format', 'seq', 'kind', 'event', 'data' }) do
      copy[#copy + 1] = 'entry:' .. name
      copy[#copy + 1] = own[name]
    end
    return copy, false
  end
  copy[#copy + 1] = 'raw'
  copy[#copy + 1] = string.sub(table.concat(found[2], ' ', 1, math.min(#found[2], 200)), 1, 65536)
  return copy, not own.seq
end
