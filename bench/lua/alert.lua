-- One alert per request. MODE: distinct (each a new alias), repeats (a hundred aliases in turn). STYLE: tocsin or
-- alertmanager. PREFIX keeps the rounds apart; KEY is the integration key.
local mode, style, prefix = os.getenv("MODE"), os.getenv("STYLE"), os.getenv("PREFIX")
local key = os.getenv("KEY")
local sent = 0

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
if style == "tocsin" then
  wrk.headers["Authorization"] = "Bearer " .. key
end

local shape = {
  tocsin = '{"message":"Disk is full on db-%s","alias":"%s-%d","priority":"P3","source":"bench",'
    .. '"details":{"instance":"db-1","severity":"warning"}}',
  alertmanager = '[{"labels":{"alertname":"DiskFull","alias":"%s-%d","instance":"db-1","severity":"warning"},'
    .. '"annotations":{"summary":"Disk is full on db-1"}}]',
}

function request()
  sent = sent + 1
  local number = mode == "repeats" and sent % 100 or sent
  if style == "tocsin" then
    return wrk.format(nil, nil, nil, string.format(shape.tocsin, "1", prefix, number))
  end
  return wrk.format(nil, nil, nil, string.format(shape.alertmanager, prefix, number))
end
dofile(os.getenv("LUA") .. "/done.lua")
