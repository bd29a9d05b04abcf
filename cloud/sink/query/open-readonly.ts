import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { openingError } from '../duckdb/opening-error.ts';

/**
 * Opens a file for questions alone: nothing can be written, no other file and no network be reached, no extension be loaded,
 * and none of that be switched back on.
 */
export async function openReadonly(file: string): Promise<{ connection: DuckDBConnection; close(): void }> {
  try {
    const instance = await DuckDBInstance.create(file, {
      access_mode: 'READ_ONLY',
      enable_external_access: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      memory_limit: '2GB',
    });
    const connection = await instance.connect();
    await connection.run("set timezone to 'UTC'");
    await connection.run('set lock_configuration = true');
    return {
      connection,
      close() {
        connection.closeSync();
        instance.closeSync();
      },
    };
  } catch (error) {
    throw openingError(`duckdb:${file}`, error);
  }
}
