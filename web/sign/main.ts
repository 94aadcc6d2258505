document.querySelector('#app')!.textContent = '手写签名'
