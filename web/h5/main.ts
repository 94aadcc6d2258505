import 'tdesign-mobile-vue/es/style/index.css'
import '@common/tokens.css'
import './h5.css'
import { createApp } from 'vue'
import { provideClient } from '@common/client'
import { provideVoice } from '@common/notify'
import { applyTheme } from '@common/theme'
import App from './App.vue'
import { client } from './client'
import { router } from './router'
import { voice } from './voice'

applyTheme()
const app = createApp(App)
provideClient(app, client)
provideVoice(app, voice)
app.use(router).mount('#app')
