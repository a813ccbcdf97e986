-- Kind, attributes as JSON and data of an event, out of what stands behind SEQ in an entry of format 2.
local function event_parts(text)
  local kind, size, from = string.match(text, '^(.) (%d+)\n()')
  local data_from = from + tonumber(size)
  return kind, string.sub(text, from, data_from - 1), string.sub(text, data_from)
end
