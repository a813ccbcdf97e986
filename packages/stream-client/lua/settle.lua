#!lua flags=allow-oom
-- settle (format 1): writes outcomes of deliveries, for each entry all that are given or none of them, and acknowledges
-- an entry with its last delivery; which one that is, the record tells. Refuses, changing nothing, for an entry that the
-- caller no longer holds with this delivery count. An outcome that is written already is left as it is, so a call may be
-- repeated after a lost reply. Allowed when Redis is out of memory: settling is what frees it. The acknowledgement comes
-- last: if the script itself failed half way, the entry would be handled again rather than lost.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] due, sorted by ms   KEYS[4] dead, sorted by ms
-- KEYS[5] parked, sorted by the ms at which they expire   KEYS[6] set of lanes   KEYS[7] queued, sorted by ms
-- KEYS[8..] in the order of ARGV, of entries in full: per entry record and identity key, per follow-up its identity key, per
--   context that is left its hash, its queue and the sorted set of all, per outcome of which something departs the outbox
-- ARGV[1] group   ARGV[2] consumer   ARGV[3] partition   ARGV[4] channel that tells of changed records
-- ARGV[5] identity lifetime, ms      ARGV[6] record lifetime, ms; both counted from the event's end
-- ARGV[7] lowest entry id            ARGV[8] highest entry id   ARGV[9] entries in full   ARGV[10] front of the record keys
-- ARGV[11] front of the identity keys
-- ARGV[12] entries in short, of each "ID COUNT IDENTITY WHAT ", in one text: its id, its delivery count, its identity without
--   the front of the key, and which of what follows it is. The one delivery of each is done with its first attempt, with no more
--   than one effect, and nothing follows from it. Nearly all are like this, and many alike. Their keys follow from these, and
--   share the hash tag.
-- ARGV[13] how many different ones there are   ARGV[14..] of each: route, detail as JSON, effects (0 or 1), of an effect: step
--   path, the effect as JSON
-- then per entry in full: id, delivery count, ref, its deliveries as a JSON array of route ids, how many those are, outcomes;
--   per outcome: route, state (done, waiting, retrying, parked, dead, expired, moved), what its lane is told (none, keep, leave,
--     leave-first, stop), attempt, detail as JSON, delay in ms (of a parked one, until it expires), attempts that were never sent, effects,
--     follow-ups, contexts left (0 or 1), departures; per effect: step path, the effect as JSON; per follow-up: content hash, the
--     entry behind its sequence number as append has it; per context: id, what is remembered from now on as JSON (empty: as
--     before), for how long, ms; per departure: identity, place, content hash, the entry as a follow-up has it
--     One that is waiting was not attempted: others of its lane come first. One that has moved goes on as its departure.
--
-- Replies the places of the entries that were not owned, from 1, those in short before those in full; and with a minus those of which
-- nothing was written, since a delivery that is to keep its place in a lane has none, or one that is to leave it as the first is
-- not. All others are settled.
--
-- include: append-event
-- include: lanes
-- include: own-copy

local events, counters, due, dead, parked = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group, consumer, partition, channel = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local identity_ttl, record_ttl = ARGV[5], ARGV[6]
local at = { events = events, counters = counters, lanes = KEYS[6], queued = KEYS[7], records = ARGV[10] }
local identity_front = ARGV[11]
local next_arg, next_key = 11, 7

local function arg()
  next_arg = next_arg + 1
  return ARGV[next_arg]
end

local function key()
  next_key = next_key + 1
  return KEYS[next_key]
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function ms(instant)
  return string.format('%.0f', instant)
end

local now_ms = ms(now)

local held = {}
for _, pending in ipairs(redis.call('XPENDING', events, group, ARGV[7], ARGV[8], 100000, consumer)) do
  held[pending[1]] = tostring(pending[4])
end

local backlog = 0

local function put(fields, name, value)
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end

local function read_outcome()
  local outcome = { route = arg(), state = arg(), lane = arg(), attempt = tonumber(arg()), detail = arg(), delay = tonumber(arg()),
    unsent = arg(), effects = {}, follow_ups = {}, departures = {} }
  for n = 1, tonumber(arg()) do
    outcome.effects[n] = { step = arg(), value = arg() }
  end
  for n = 1, tonumber(arg()) do
    outcome.follow_ups[n] = { identity = key(), hash = arg(), text = arg() }
  end
  if arg() == '1' then
    outcome.context = { hash = key(), queue = key(), all = key(), id = arg(), memory = arg(), ttl = tonumber(arg()) }
  end
  local departing = tonumber(arg())
  if departing > 0 then outcome.outbox = key() end
  for n = 1, departing do
    outcome.departures[n] = { identity = arg(), place = arg(), hash = arg(), text = arg() }
  end
  return outcome
end

local function read_entry()
  local entry = { record = key(), identity = key(), id = arg(), count = arg(), ref = arg(), routes = arg(),
    total = tonumber(arg()) }
  entry.outcomes = {}
  for n = 1, tonumber(arg()) do
    entry.outcomes[n] = read_outcome()
  end
  return entry
end

local function copy_event(entry, fields)
  if redis.call('HEXISTS', entry.record, 'copied') == 1 then return end
  local copy, is_uncounted = own_copy(events, entry.id)
  for _, part in ipairs(copy) do
    fields[#fields + 1] = part
  end
  -- Append counts what it writes, and gives it a sequence number.
  if is_uncounted then backlog = backlog + 1 end
end

-- A follow-up passes the backlog limit. One that is known already was emitted before: its first ref stands.
local function append_follow_up(follow_up)
  local known = redis.call('GET', follow_up.identity)
  if known then return string.match(known, '^(%S+)') end
  backlog = backlog + 1
  local seq = redis.call('HINCRBY', counters, 'seq', 1)
  return append_event(events, follow_up.identity, partition, seq, follow_up.text, follow_up.hash)
end

local function append_follow_ups(outcome)
  local refs = {}
  for n, follow_up in ipairs(outcome.follow_ups) do
    refs[n] = append_follow_up(follow_up)
  end
  return table.concat(refs, ' ')
end

-- What is to go on in another partition lies in the outbox until it has arrived there, and is open meanwhile.
local function depart(outcome, member)
  for _, one in ipairs(outcome.departures) do
    redis.call('XADD', outcome.outbox, '*', 'of', member, 'identity', one.identity, 'place', one.place, 'hash', one.hash,
      'text', one.text)
    backlog = backlog + 1
  end
end

-- Writes what is remembered together with the outcome, and lets the next delivery into the context.
local function leave_context(context, member)
  if redis.call('HGET', context.hash, 'holder') ~= member then return end
  redis.call('HDEL', context.hash, 'holder')
  redis.call('PEXPIRE', context.hash, ms(context.ttl))
  if context.memory ~= '' then
    redis.call('HSET', context.hash, 'memory', context.memory, 'updated', now_ms)
    redis.call('ZADD', context.all, ms(now + context.ttl), context.id)
  end
  local forgotten = redis.call('ZRANGE', context.all, '-inf', now_ms, 'BYSCORE', 'LIMIT', 0, 10)
  if #forgotten > 0 then redis.call('ZREM', context.all, unpack(forgotten)) end
  local following = redis.call('ZRANGE', context.queue, 0, 0)[1]
  if following and redis.call('ZSCORE', due, following) then redis.call('ZADD', due, now_ms, following) end
end

-- Whether a delivery of the entry is still to be settled. Settlements of one entry may arrive in any order, after any
-- number of failures; so the record is asked, and nobody's count is believed.
local function has_unsettled(entry, settled_now)
  if entry.total < 2 then return false end
  local attempt = entry.outcomes[1] and entry.outcomes[1].attempt or 1
  for _, route in ipairs(cjson.decode(entry.routes)) do
    if not settled_now[route] then
      local known = redis.call('HMGET', entry.record, 'state:' .. route, 'turn:' .. route)
      local is_settled = tonumber(string.match(known[1] or 'waiting 0', '^%S+ (%d+)')) >= attempt
      -- What its lane has taken over comes back as an entry of its own.
      if not is_settled and not known[2] then return true end
    end
  end
  return false
end

local function expire(entry)
  redis.call('PEXPIRE', entry.record, record_ttl)
  redis.call('PEXPIRE', entry.identity, identity_ttl)
end

-- Writes what `settle_entry` would, with less ado. Replies whether it did: not where there is more in the record than the beginning
-- of its effect.
local function settle_plain(entry)
  local route, detail, effect = entry.plain.route, entry.plain.detail, entry.plain.effects[1]
  local is_written
  if effect then
    is_written = end_in_short(entry.record, entry.count, now_ms, record_ttl, route, effect.step, effect.value, detail)
  else
    is_written = write_in_short(entry.record, entry.count, now_ms, record_ttl, route, detail)
  end
  if not is_written then return false end
  redis.call('PEXPIRE', entry.identity, identity_ttl)
  return true
end

local function outcomes_of(entry)
  if not entry.plain then return entry.outcomes end
  return { { route = entry.plain.route, state = 'done', lane = 'none', attempt = 1, detail = entry.plain.detail,
    effects = entry.plain.effects, follow_ups = {}, departures = {} } }
end

-- Puts a delivery aside until its turn comes. One that the lane has taken over before is known to it, and left alone.
local function queue_delivery(entry, outcome, stored, fields)
  local turn = 'turn:' .. outcome.route
  if entry.total > 1 and redis.call('HEXISTS', entry.record, turn) == 1 then return end
  local attempts, starts = string.match(stored or 'waiting 0 0', '^%S+ (%d+) (%d+)')
  copy_event(entry, fields)
  put(fields, turn, 'queued')
  put(fields, 'unsent:' .. outcome.route, outcome.unsent)
  put(fields, 'state:' .. outcome.route, table.concat({ 'waiting', attempts, starts, now_ms, '' }, ' '))
  -- Where the group was made anew, one that waits already is read once more.
  backlog = backlog + redis.call('ZADD', at.queued, now_ms, entry.ref .. ' ' .. outcome.route)
end

-- Only what is written can be woken, or woken after. Whose turn has come meanwhile, goes at once.
local function move_in_lane(entry, outcome)
  if outcome.lane == 'leave' or outcome.lane == 'leave-first' then
    leave_lane(at, entry.ref, outcome.route)
  elseif outcome.lane == 'stop' then
    redis.call('HSET', entry.record, 'turn:' .. outcome.route, 'stopped')
  elseif outcome.state == 'waiting' then
    wake_first(at, redis.call('HGET', entry.record, 'lane:' .. outcome.route))
  end
end

local function settle_entry(entry)
  spell_out(entry.record)
  local asked = { 'open', 'dead', 'kept' }
  for n, outcome in ipairs(entry.outcomes) do
    asked[3 + n] = 'state:' .. outcome.route
  end
  local stored = redis.call('HMGET', entry.record, unpack(asked))
  local open, died, kept = tonumber(stored[1] or entry.total), tonumber(stored[2] or 0), tonumber(stored[3] or 0)
  local fields = { 'format', '1' }
  local settled_now, moving = {}, {}

  for n, outcome in ipairs(entry.outcomes) do
    settled_now[outcome.route] = true
    local attempts, starts = 0, 0
    if stored[3 + n] then
      local a, s = string.match(stored[3 + n], '^%S+ (%d+) (%d+)')
      attempts, starts = tonumber(a), tonumber(s)
    end
    if attempts < outcome.attempt and outcome.state == 'waiting' then
      queue_delivery(entry, outcome, stored[3 + n], fields)
      moving[#moving + 1] = outcome
    elseif attempts < outcome.attempt then
      if outcome.lane ~= 'none' then moving[#moving + 1] = outcome end
      local member = entry.ref .. ' ' .. outcome.route
      local next_at = ''
      if outcome.state == 'retrying' or outcome.state == 'parked' then
        next_at = ms(now + outcome.delay)
        put(fields, 'unsent:' .. outcome.route, outcome.unsent)
        copy_event(entry, fields)
        redis.call('ZADD', outcome.state == 'parked' and parked or due, next_at, member)
        backlog = backlog + 1
      else
        open = open - 1
        if outcome.state == 'dead' then
          copy_event(entry, fields)
          redis.call('ZADD', dead, now_ms, member)
          died, kept = died + 1, kept + 1
        end
      end
      if #outcome.follow_ups > 0 then
        put(fields, 'follow-ups:' .. outcome.route, append_follow_ups(outcome))
      end
      depart(outcome, member)
      for _, effect in ipairs(outcome.effects) do
        put(fields, 'effect:' .. outcome.route .. ':' .. effect.step, effect.value)
      end
      local all_starts = ms(starts + tonumber(entry.count))
      local state = table.concat({ outcome.state, outcome.attempt, all_starts, now_ms, next_at }, ' ')
      put(fields, 'state:' .. outcome.route, state)
      put(fields, 'detail:' .. outcome.route, outcome.detail)
      if outcome.context then leave_context(outcome.context, member) end
    end
  end

  entry.is_open = has_unsettled(entry, settled_now)
  if entry.is_open then put(fields, 'routes', entry.routes) end
  put(fields, 'open', open)
  -- Left out, they are 0.
  if died > 0 or stored[2] then put(fields, 'dead', died) end
  if kept > 0 or stored[3] then put(fields, 'kept', kept) end
  if open <= 0 then
    put(fields, 'finished', now_ms)
  end
  redis.call('HSET', entry.record, unpack(fields))
  for _, outcome in ipairs(moving) do
    move_in_lane(entry, outcome)
  end
  if open <= 0 and kept <= 0 then expire(entry) end
end

local refused, acknowledged, refs = {}, {}, {}
local place = 0

local function settle(entry)
  place = place + 1
  if held[entry.id] == entry.count then
    if not entry.plain and has_lost_place(entry.record, entry.ref, entry.outcomes) then
      refused[#refused + 1] = -place
      return
    end
    if not (entry.plain and settle_plain(entry)) then
      entry.outcomes = outcomes_of(entry)
      settle_entry(entry)
    end
    if not entry.is_open then acknowledged[#acknowledged + 1] = entry.id end
    refs[#refs + 1] = entry.ref
  else
    refused[#refused + 1] = place
  end
end

local in_short = arg()
local different = {}
for n = 1, tonumber(arg()) do
  different[n] = { route = arg(), detail = arg(), effects = {} }
  if arg() == '1' then different[n].effects[1] = { step = arg(), value = arg() } end
end
for id, count, identity, what in string.gmatch(in_short, '(%S+) (%S+) (%S+) (%d+) ') do
  local ref = partition .. '-' .. id
  settle({ record = at.records .. ref, identity = identity_front .. identity, id = id, ref = ref, count = count, total = 1,
    plain = different[tonumber(what)] })
end
for _ = 1, tonumber(ARGV[9]) do
  settle(read_entry())
end

if #acknowledged > 0 then
  backlog = backlog - redis.call('XACK', events, group, unpack(acknowledged))
end
if backlog ~= 0 then redis.call('HINCRBY', counters, 'backlog', backlog) end
if #refs > 0 then redis.call('SPUBLISH', channel, table.concat(refs, ' ')) end

return refused
