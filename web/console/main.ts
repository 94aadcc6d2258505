import { createApp } from 'vue'
import 'tdesign-vue-next/es/style/index.css'
import '@common/tokens.css'
import './console.css'
import App from './App.vue'
import { STAFF_PATHS } from '@common/auth'
import { createClient, provideClient } from '@common/client'
import { provideVoice } from '@common/notify'
import { applyTheme } from '@common/theme'
import { createConsoleRouter } from './router'
import { voice } from './voice'

const client = createClient('console', STAFF_PATHS)
const app = createApp(App)
applyTheme()
provideClient(app, client)
provideVoice(app, voice)
app.use(createConsoleRouter(client.auth))
app.mount('#app')
