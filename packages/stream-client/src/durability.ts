/**
 * When a write counts as made: once it is in Redis' memory; once it is on Redis' disk; or once it is there and enough
 * replicas have it as well.
 */
export type Durability = 'memory' | 'fsync' | 'replicated';
