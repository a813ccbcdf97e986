export { type ClusterServer, withNode } from './cluster-nodes.js';
export { endWithThisProcess } from './end-with-this-process.js';
export { freePort } from './free-port.js';
export { keepAsReplica } from './keep-as-replica.js';
export { type RedisCluster, type RedisClusterOptions, startRedisCluster } from './redis-cluster.js';
export { type RedisServer, type RedisServerOptions, startRedisServer } from './redis-server.js';
export { type ProxyBehaviour, type ProxyCounts, TcpProxy } from './tcp-proxy.js';
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
