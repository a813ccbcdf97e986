import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/screens.css';
import './shell/keyboard';
import './shell/theme';
import { App } from './app';

const mount = document.getElementById('console');
if (mount === null) throw new Error('the page has no place for the console');
render(<App />, mount);
