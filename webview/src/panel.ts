/** The panel's program. */
import './style/index.css';
import { registerControls } from './controls';
import { App } from './frame/app';

registerControls();
new App(document.getElementById('panel')!);
