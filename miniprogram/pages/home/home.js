import { definePage } from '../../services/page.js'

definePage({ data: {} })
