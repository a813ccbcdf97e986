export { freePort } from './free-port.js';
export { type RedisServer, startRedisServer } from './redis-server.js';
export {
  answer,
  type HttpHandler,
  type RawCall,
  type RpcRequest,
  said,
  serve,
  serveCalls,
  type TestServer,
} from './tool-server.js';
export { waitUntil } from './wait-until.js';
