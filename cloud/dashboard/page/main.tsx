import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './page.css';
import { App } from './app.tsx';
import { listen } from './state/streams.ts';

const root = document.getElementById('page');
if (root) render(<App />, root);
listen();
