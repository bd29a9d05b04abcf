/** The build takes style sheets along with the script that imports them. */
declare module '*.css';
