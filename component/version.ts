/** Put in by the build, so that the program on the device needs no package.json beside it. */
declare const VERGE_VERSION: string | undefined;

/** Version of Verge: of the command line and of the runtime alike. */
export const vergeVersion: string = typeof VERGE_VERSION === 'string' ? VERGE_VERSION : '0.0.0';
