import{a as e,n as t,o as n,s as r,t as i}from"./words-ClfyLFR7.js";var a=globalThis,o=a.ShadowRoot&&(a.ShadyCSS===void 0||a.ShadyCSS.nativeShadow)&&`adoptedStyleSheets`in Document.prototype&&`replace`in CSSStyleSheet.prototype,s=Symbol(),c=new WeakMap,l=class{constructor(e,t,n){if(this._$cssResult$=!0,n!==s)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=t}get styleSheet(){let e=this.o,t=this.t;if(o&&e===void 0){let n=t!==void 0&&t.length===1;n&&(e=c.get(t)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),n&&c.set(t,e))}return e}toString(){return this.cssText}},u=e=>new l(typeof e==`string`?e:e+``,void 0,s),d=(e,...t)=>new l(e.length===1?e[0]:t.reduce((t,n,r)=>t+(e=>{if(!0===e._$cssResult$)return e.cssText;if(typeof e==`number`)return e;throw Error(`Value passed to 'css' function must be a 'css' function result: `+e+`. Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.`)})(n)+e[r+1],e[0]),e,s),f=(e,t)=>{if(o)e.adoptedStyleSheets=t.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let n of t){let t=document.createElement(`style`),r=a.litNonce;r!==void 0&&t.setAttribute(`nonce`,r),t.textContent=n.cssText,e.appendChild(t)}},p=o?e=>e:e=>e instanceof CSSStyleSheet?(e=>{let t=``;for(let n of e.cssRules)t+=n.cssText;return u(t)})(e):e,{is:m,defineProperty:h,getOwnPropertyDescriptor:ee,getOwnPropertyNames:te,getOwnPropertySymbols:ne,getPrototypeOf:re}=Object,ie=globalThis,ae=ie.trustedTypes,oe=ae?ae.emptyScript:``,se=ie.reactiveElementPolyfillSupport,g=(e,t)=>e,ce={toAttribute(e,t){switch(t){case Boolean:e=e?oe:null;break;case Object:case Array:e=e==null?e:JSON.stringify(e)}return e},fromAttribute(e,t){let n=e;switch(t){case Boolean:n=e!==null;break;case Number:n=e===null?null:Number(e);break;case Object:case Array:try{n=JSON.parse(e)}catch{n=null}}return n}},le=(e,t)=>!m(e,t),ue={attribute:!0,type:String,converter:ce,reflect:!1,useDefault:!1,hasChanged:le};Symbol.metadata??=Symbol(`metadata`),ie.litPropertyMetadata??=new WeakMap;var _=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,t=ue){if(t.state&&(t.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((t=Object.create(t)).wrapped=!0),this.elementProperties.set(e,t),!t.noAccessor){let n=Symbol(),r=this.getPropertyDescriptor(e,n,t);r!==void 0&&h(this.prototype,e,r)}}static getPropertyDescriptor(e,t,n){let{get:r,set:i}=ee(this.prototype,e)??{get(){return this[t]},set(e){this[t]=e}};return{get:r,set(t){let a=r?.call(this);i?.call(this,t),this.requestUpdate(e,a,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??ue}static _$Ei(){if(this.hasOwnProperty(g(`elementProperties`)))return;let e=re(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(g(`finalized`)))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(g(`properties`))){let e=this.properties,t=[...te(e),...ne(e)];for(let n of t)this.createProperty(n,e[n])}let e=this[Symbol.metadata];if(e!==null){let t=litPropertyMetadata.get(e);if(t!==void 0)for(let[e,n]of t)this.elementProperties.set(e,n)}this._$Eh=new Map;for(let[e,t]of this.elementProperties){let n=this._$Eu(e,t);n!==void 0&&this._$Eh.set(n,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let t=[];if(Array.isArray(e)){let n=new Set(e.flat(1/0).reverse());for(let e of n)t.unshift(p(e))}else e!==void 0&&t.push(p(e));return t}static _$Eu(e,t){let n=t.attribute;return!1===n?void 0:typeof n==`string`?n:typeof e==`string`?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=new Map,t=this.constructor.elementProperties;for(let n of t.keys())this.hasOwnProperty(n)&&(e.set(n,this[n]),delete this[n]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return f(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,t,n){this._$AK(e,n)}_$ET(e,t){let n=this.constructor.elementProperties.get(e),r=this.constructor._$Eu(e,n);if(r!==void 0&&!0===n.reflect){let i=(n.converter?.toAttribute===void 0?ce:n.converter).toAttribute(t,n.type);this._$Em=e,i==null?this.removeAttribute(r):this.setAttribute(r,i),this._$Em=null}}_$AK(e,t){let n=this.constructor,r=n._$Eh.get(e);if(r!==void 0&&this._$Em!==r){let e=n.getPropertyOptions(r),i=typeof e.converter==`function`?{fromAttribute:e.converter}:e.converter?.fromAttribute===void 0?ce:e.converter;this._$Em=r;let a=i.fromAttribute(t,e.type);this[r]=a??this._$Ej?.get(r)??a,this._$Em=null}}requestUpdate(e,t,n,r=!1,i){if(e!==void 0){let a=this.constructor;if(!1===r&&(i=this[e]),n??=a.getPropertyOptions(e),!((n.hasChanged??le)(i,t)||n.useDefault&&n.reflect&&i===this._$Ej?.get(e)&&!this.hasAttribute(a._$Eu(e,n))))return;this.C(e,t,n)}!1===this.isUpdatePending&&(this._$ES=this._$EP())}C(e,t,{useDefault:n,reflect:r,wrapped:i},a){n&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,a??t??this[e]),!0!==i||a!==void 0)||(this._$AL.has(e)||(this.hasUpdated||n||(t=void 0),this._$AL.set(e,t)),!0===r&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[e,t]of this._$Ep)this[e]=t;this._$Ep=void 0}let e=this.constructor.elementProperties;if(e.size>0)for(let[t,n]of e){let{wrapped:e}=n,r=this[t];!0!==e||this._$AL.has(t)||r===void 0||this.C(t,void 0,n,r)}}let e=!1,t=this._$AL;try{e=this.shouldUpdate(t),e?(this.willUpdate(t),this._$EO?.forEach(e=>e.hostUpdate?.()),this.update(t)):this._$EM()}catch(t){throw e=!1,this._$EM(),t}e&&this._$AE(t)}willUpdate(e){}_$AE(e){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(e){}firstUpdated(e){}};_.elementStyles=[],_.shadowRootOptions={mode:`open`},_[g(`elementProperties`)]=new Map,_[g(`finalized`)]=new Map,se?.({ReactiveElement:_}),(ie.reactiveElementVersions??=[]).push(`2.1.2`);var de=globalThis,fe=e=>e,v=de.trustedTypes,pe=v?v.createPolicy(`lit-html`,{createHTML:e=>e}):void 0,me=`$lit$`,y=`lit$${Math.random().toFixed(9).slice(2)}$`,he=`?`+y,ge=`<${he}>`,b=document,x=()=>b.createComment(``),S=e=>e===null||typeof e!=`object`&&typeof e!=`function`,_e=Array.isArray,ve=e=>_e(e)||typeof e?.[Symbol.iterator]==`function`,ye=`[ 	
\f\r]`,C=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,be=/-->/g,xe=/>/g,w=RegExp(`>|${ye}(?:([^\\s"'>=/]+)(${ye}*=${ye}*(?:[^ \t\n\f\r"'\`<>=]|("|')|))|$)`,`g`),Se=/'/g,Ce=/"/g,we=/^(?:script|style|textarea|title)$/i,Te=e=>(t,...n)=>({_$litType$:e,strings:t,values:n}),T=Te(1),E=Te(2),D=Symbol.for(`lit-noChange`),O=Symbol.for(`lit-nothing`),Ee=new WeakMap,k=b.createTreeWalker(b,129);function De(e,t){if(!_e(e)||!e.hasOwnProperty(`raw`))throw Error(`invalid template strings array`);return pe===void 0?t:pe.createHTML(t)}var Oe=(e,t)=>{let n=e.length-1,r=[],i,a=t===2?`<svg>`:t===3?`<math>`:``,o=C;for(let t=0;t<n;t++){let n=e[t],s,c,l=-1,u=0;for(;u<n.length&&(o.lastIndex=u,c=o.exec(n),c!==null);)u=o.lastIndex,o===C?c[1]===`!--`?o=be:c[1]===void 0?c[2]===void 0?c[3]!==void 0&&(o=w):(we.test(c[2])&&(i=RegExp(`</`+c[2],`g`)),o=w):o=xe:o===w?c[0]===`>`?(o=i??C,l=-1):c[1]===void 0?l=-2:(l=o.lastIndex-c[2].length,s=c[1],o=c[3]===void 0?w:c[3]===`"`?Ce:Se):o===Ce||o===Se?o=w:o===be||o===xe?o=C:(o=w,i=void 0);let d=o===w&&e[t+1].startsWith(`/>`)?` `:``;a+=o===C?n+ge:l>=0?(r.push(s),n.slice(0,l)+me+n.slice(l)+y+d):n+y+(l===-2?t:d)}return[De(e,a+(e[n]||`<?>`)+(t===2?`</svg>`:t===3?`</math>`:``)),r]},ke=class e{constructor({strings:t,_$litType$:n},r){let i;this.parts=[];let a=0,o=0,s=t.length-1,c=this.parts,[l,u]=Oe(t,n);if(this.el=e.createElement(l,r),k.currentNode=this.el.content,n===2||n===3){let e=this.el.content.firstChild;e.replaceWith(...e.childNodes)}for(;(i=k.nextNode())!==null&&c.length<s;){if(i.nodeType===1){if(i.hasAttributes())for(let e of i.getAttributeNames())if(e.endsWith(me)){let t=u[o++],n=i.getAttribute(e).split(y),r=/([.?@])?(.*)/.exec(t);c.push({type:1,index:a,name:r[2],strings:n,ctor:r[1]===`.`?Me:r[1]===`?`?Ne:r[1]===`@`?Pe:j}),i.removeAttribute(e)}else e.startsWith(y)&&(c.push({type:6,index:a}),i.removeAttribute(e));if(we.test(i.tagName)){let e=i.textContent.split(y),t=e.length-1;if(t>0){i.textContent=v?v.emptyScript:``;for(let n=0;n<t;n++)i.append(e[n],x()),k.nextNode(),c.push({type:2,index:++a});i.append(e[t],x())}}}else if(i.nodeType===8){if(i.data===he)c.push({type:2,index:a});else{let e=-1;for(;(e=i.data.indexOf(y,e+1))!==-1;)c.push({type:7,index:a}),e+=y.length-1}}a++}}static createElement(e,t){let n=b.createElement(`template`);return n.innerHTML=e,n}};function A(e,t,n=e,r){if(t===D)return t;let i=r===void 0?n._$Cl:n._$Co?.[r],a=S(t)?void 0:t._$litDirective$;return i?.constructor!==a&&(i?._$AO?.(!1),a===void 0?i=void 0:(i=new a(e),i._$AT(e,n,r)),r===void 0?n._$Cl=i:(n._$Co??=[])[r]=i),i!==void 0&&(t=A(e,i._$AS(e,t.values),i,r)),t}var Ae=class{constructor(e,t){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=t}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:t},parts:n}=this._$AD,r=(e?.creationScope??b).importNode(t,!0);k.currentNode=r;let i=k.nextNode(),a=0,o=0,s=n[0];for(;s!==void 0;){if(a===s.index){let t;s.type===2?t=new je(i,i.nextSibling,this,e):s.type===1?t=new s.ctor(i,s.name,s.strings,this,e):s.type===6&&(t=new Fe(i,this,e)),this._$AV.push(t),s=n[++o]}a!==s?.index&&(i=k.nextNode(),a++)}return k.currentNode=b,r}p(e){let t=0;for(let n of this._$AV)n!==void 0&&(n.strings===void 0?n._$AI(e[t]):(n._$AI(e,n,t),t+=n.strings.length-2)),t++}},je=class e{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,t,n,r){this.type=2,this._$AH=O,this._$AN=void 0,this._$AA=e,this._$AB=t,this._$AM=n,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,t=this._$AM;return t!==void 0&&e?.nodeType===11&&(e=t.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,t=this){e=A(this,e,t),S(e)?e===O||e==null||e===``?(this._$AH!==O&&this._$AR(),this._$AH=O):e!==this._$AH&&e!==D&&this._(e):e._$litType$===void 0?e.nodeType===void 0?ve(e)?this.k(e):this._(e):this.T(e):this.$(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==O&&S(this._$AH)?this._$AA.nextSibling.data=e:this.T(b.createTextNode(e)),this._$AH=e}$(e){let{values:t,_$litType$:n}=e,r=typeof n==`number`?this._$AC(e):(n.el===void 0&&(n.el=ke.createElement(De(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===r)this._$AH.p(t);else{let e=new Ae(r,this),n=e.u(this.options);e.p(t),this.T(n),this._$AH=e}}_$AC(e){let t=Ee.get(e.strings);return t===void 0&&Ee.set(e.strings,t=new ke(e)),t}k(t){_e(this._$AH)||(this._$AH=[],this._$AR());let n=this._$AH,r,i=0;for(let a of t)i===n.length?n.push(r=new e(this.O(x()),this.O(x()),this,this.options)):r=n[i],r._$AI(a),i++;i<n.length&&(this._$AR(r&&r._$AB.nextSibling,i),n.length=i)}_$AR(e=this._$AA.nextSibling,t){for(this._$AP?.(!1,!0,t);e!==this._$AB;){let t=fe(e).nextSibling;fe(e).remove(),e=t}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},j=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,t,n,r,i){this.type=1,this._$AH=O,this._$AN=void 0,this.element=e,this.name=t,this._$AM=r,this.options=i,n.length>2||n[0]!==``||n[1]!==``?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=O}_$AI(e,t=this,n,r){let i=this.strings,a=!1;if(i===void 0)e=A(this,e,t,0),a=!S(e)||e!==this._$AH&&e!==D,a&&(this._$AH=e);else{let r=e,o,s;for(e=i[0],o=0;o<i.length-1;o++)s=A(this,r[n+o],t,o),s===D&&(s=this._$AH[o]),a||=!S(s)||s!==this._$AH[o],s===O?e=O:e!==O&&(e+=(s??``)+i[o+1]),this._$AH[o]=s}a&&!r&&this.j(e)}j(e){e===O?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??``)}},Me=class extends j{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===O?void 0:e}},Ne=class extends j{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==O)}},Pe=class extends j{constructor(e,t,n,r,i){super(e,t,n,r,i),this.type=5}_$AI(e,t=this){if((e=A(this,e,t,0)??O)===D)return;let n=this._$AH,r=e===O&&n!==O||e.capture!==n.capture||e.once!==n.once||e.passive!==n.passive,i=e!==O&&(n===O||r);r&&this.element.removeEventListener(this.name,this,n),i&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH==`function`?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},Fe=class{constructor(e,t,n){this.element=e,this.type=6,this._$AN=void 0,this._$AM=t,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(e){A(this,e)}},Ie=de.litHtmlPolyfillSupport;Ie?.(ke,je),(de.litHtmlVersions??=[]).push(`3.3.3`);var Le=(e,t,n)=>{let r=n?.renderBefore??t,i=r._$litPart$;if(i===void 0){let e=n?.renderBefore??null;r._$litPart$=i=new je(t.insertBefore(x(),e),e,void 0,n??{})}return i._$AI(e),i},Re=globalThis,M=class extends _{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let t=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=Le(t,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return D}};M._$litElement$=!0,M.finalized=!0,Re.litElementHydrateSupport?.({LitElement:M});var ze=Re.litElementPolyfillSupport;ze?.({LitElement:M}),(Re.litElementVersions??=[]).push(`4.2.2`);var N=e=>(t,n)=>{n===void 0?customElements.define(e,t):n.addInitializer(()=>{customElements.define(e,t)})},Be={attribute:!0,type:String,converter:ce,reflect:!1,hasChanged:le},Ve=(e=Be,t,n)=>{let{kind:r,metadata:i}=n,a=globalThis.litPropertyMetadata.get(i);if(a===void 0&&globalThis.litPropertyMetadata.set(i,a=new Map),r===`setter`&&((e=Object.create(e)).wrapped=!0),a.set(n.name,e),r===`accessor`){let{name:r}=n;return{set(n){let i=t.get.call(this);t.set.call(this,n),this.requestUpdate(r,i,e,!0,n)},init(t){return t!==void 0&&this.C(r,void 0,e,t),t}}}if(r===`setter`){let{name:r}=n;return function(n){let i=this[r];t.call(this,n),this.requestUpdate(r,i,e,!0,n)}}throw Error(`Unsupported decorator location: `+r)};function P(e){return(t,n)=>typeof n==`object`?Ve(e,t,n):((e,t,n)=>{let r=t.hasOwnProperty(n);return t.constructor.createProperty(n,e),r?Object.getOwnPropertyDescriptor(t,n):void 0})(e,t,n)}function F(e){return P({...e,state:!0,attribute:!1})}function I(e,t,n,r){var i=arguments.length,a=i<3?t:r===null?r=Object.getOwnPropertyDescriptor(t,n):r,o;if(typeof Reflect==`object`&&typeof Reflect.decorate==`function`)a=Reflect.decorate(e,t,n,r);else for(var s=e.length-1;s>=0;s--)(o=e[s])&&(a=(i<3?o(a):i>3?o(t,n,a):o(t,n))||a);return i>3&&a&&Object.defineProperty(t,n,a),a}var He=9e4,L=class n extends M{constructor(...e){super(...e),this.watched={picture:null,heard:0,state:`waiting`},this.hasWords=!1,this.failed=null,this.everyMs=5e3}connectedCallback(){super.connectedCallback(),this.ticker=setInterval(()=>this.requestUpdate(),this.everyMs),this.requestUpdate()}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.ticker),this.stop?.(),this.stop=void 0,this.watchedId=void 0}willUpdate(n){this.hass&&(this.language!==this.hass.language&&(this.language=this.hass.language,t(this.hass).finally(()=>this.hasWords=!0)),this.isConnected&&this.entryId&&this.watchedId!==this.entryId&&(this.stop?.(),this.watchedId=this.entryId,this.stop=e(this.hass,this.entryId,e=>this.watched=e)))}shouldUpdate(e){for(let t of e.keys())if(t===`watched`){let t=e.get(`watched`),{picture:n,state:r}=this.watched;if(!t?.picture||!n||t.state!==r||this.concerns(t.picture,n))return!0}else if(t===`hass`){let t=e.get(`hass`);if(!t||!this.hass||Ue(t,this.hass)||this.concernsStates(t.states,this.hass.states))return!0}else return!0;return e.size===0}concerns(e,t){return!0}concernsStates(e,t){return!0}get words(){return new i(this.hass)}get island(){return this.watched.picture?.island[0]}get isOld(){return this.watched.state!==`live`||Date.now()-this.watched.heard>He||this.island?.live===!1}render(){if(!this.hass||!this.hasWords)return O;if(this.failed)return T`<p class="failed" role="alert">${this.words.t(`failed`)} ${this.failed}</p>`;let e=this.watched.picture;if(this.watched.state===`outdated`)return T`<p role="alert">
        ${this.words.t(`outdated`)} <button @click=${()=>location.reload()}>${this.words.t(`reload`)}</button>
      </p>`;if(!e||!this.island)return T`<p class="waiting" role="status">${this.words.t(`waiting`)}</p>`;try{return T`${this.isOld&&!this.isNested?this.renderOld():O}${this.renderIsland(e,this.island)}`}catch(e){return console.error(`tangle_grid`,e),this.failed=String(e),T`<p class="failed" role="alert">${this.words.t(`failed`)}</p>`}}get isNested(){let e=this.getRootNode();return e instanceof ShadowRoot&&e.host instanceof n}renderOld(){let e=this.watched.heard;return T`<p class="old" role="status">
      ${this.words.t(`old`,{ago:e?this.words.span((Date.now()-e)/1e3):`–`})}
    </p>`}};I([P({attribute:!1})],L.prototype,`hass`,void 0),I([P({attribute:!1})],L.prototype,`entryId`,void 0),I([F()],L.prototype,`watched`,void 0),I([F()],L.prototype,`hasWords`,void 0),I([F()],L.prototype,`failed`,void 0);function Ue(e,t){return e.language!==t.language||e.locale!==t.locale||e.config!==t.config||e.user!==t.user||e.connection!==t.connection||e.localize!==t.localize}function We(e,t){e.dispatchEvent(new CustomEvent(`hass-more-info`,{detail:{entityId:t},bubbles:!0,composed:!0}))}function Ge(e){history.pushState(null,``,e),window.dispatchEvent(new CustomEvent(`location-changed`,{detail:{replace:!1}}))}var Ke={charger:`M19.77,7.23L19.78,7.22L16.06,3.5L15,4.56L17.11,6.67C16.17,7.03 15.5,7.93 15.5,9A2.5,2.5 0 0,0 18,11.5C18.36,11.5 18.69,11.42 19,11.29V18.5A1,1 0 0,1 18,19.5A1,1 0 0,1 17,18.5V14A2,2 0 0,0 15,12H14V5A2,2 0 0,0 12,3H6A2,2 0 0,0 4,5V21H14V13.5H15.5V18.5A2.5,2.5 0 0,0 18,21A2.5,2.5 0 0,0 20.5,18.5V9C20.5,8.31 20.22,7.68 19.77,7.23M18,10A1,1 0 0,1 17,9A1,1 0 0,1 18,8A1,1 0 0,1 19,9A1,1 0 0,1 18,10M8,18V13.5H6L10,6V11H12L8,18Z`,battery:`M12 20L5 20V12H2L12 3L14.78 5.5H14V7.17C12.84 7.58 12 8.7 12 10V20M15 9H16V7.5H20V9H21C21.55 9 22 9.45 22 10V21C22 21.55 21.55 22 21 22H15C14.45 22 14 21.55 14 21V10C14 9.45 14.45 9 15 9M16 11V14H20V11H16Z`,household:`M10,20V14H14V20H19V12H22L12,3L2,12H5V20H10Z`,solar:`M11.45,2V5.55L15,3.77L11.45,2M10.45,8L8,10.46L11.75,11.71L10.45,8M2,11.45L3.77,15L5.55,11.45H2M10,2H2V10C2.57,10.17 3.17,10.25 3.77,10.25C7.35,10.26 10.26,7.35 10.27,3.75C10.26,3.16 10.17,2.57 10,2M17,22V16H14L19,7V13H22L17,22Z`,vehicle:`M18.92 2C18.72 1.42 18.16 1 17.5 1H6.5C5.84 1 5.29 1.42 5.08 2L3 8V16C3 16.55 3.45 17 4 17H5C5.55 17 6 16.55 6 16V15H18V16C18 16.55 18.45 17 19 17H20C20.55 17 21 16.55 21 16V8L18.92 2M6.5 12C5.67 12 5 11.33 5 10.5S5.67 9 6.5 9 8 9.67 8 10.5 7.33 12 6.5 12M17.5 12C16.67 12 16 11.33 16 10.5S16.67 9 17.5 9 19 9.67 19 10.5 18.33 12 17.5 12M5 7L6.5 2.5H17.5L19 7H5M7 20H11V18L17 21H13V23L7 20Z`,feeder:`M8.28,5.45L6.5,4.55L7.76,2H16.23L17.5,4.55L15.72,5.44L15,4H9L8.28,5.45M18.62,8H14.09L13.3,5H10.7L9.91,8H5.38L4.1,10.55L5.89,11.44L6.62,10H17.38L18.1,11.45L19.89,10.56L18.62,8M17.77,22H15.7L15.46,21.1L12,15.9L8.53,21.1L8.3,22H6.23L9.12,11H11.19L10.83,12.35L12,14.1L13.16,12.35L12.81,11H14.88L17.77,22M11.4,15L10.5,13.65L9.32,18.13L11.4,15M14.68,18.12L13.5,13.64L12.6,15L14.68,18.12Z`,soc:`M16.67,4H15V2H9V4H7.33A1.33,1.33 0 0,0 6,5.33V20.67C6,21.4 6.6,22 7.33,22H16.67A1.33,1.33 0 0,0 18,20.67V5.33C18,4.6 17.4,4 16.67,4Z`,link:`M17,16H15V22H12V17H8V22H5V16H3L10,10L17,16M6,2L10,6H9V9H7V6H5V9H3V6H2L6,2M18,3L23,8H22V12H19V9H17V12H15.34L14,10.87V8H13L18,3Z`,dead:`M22.1 21.5L2.4 1.7L1.1 3L6.1 8H5.4L4.1 10.5L5.9 11.4L6.6 10H8.1L9.1 11L6.2 22H8.3L8.5 21.1L12 15.9L15.5 21.1L15.7 22H17.8L17 18.8L20.9 22.7L22.1 21.5M9.3 18.1L10.5 13.6L11.4 14.9L9.3 18.1M14.7 18.1L12.6 15L12.8 14.7L14.1 16L14.7 18.1M14.2 11H14.9L15.1 11.9L14.2 11M14.1 8H18.6L19.9 10.6L18.1 11.5L17.4 10H13.2L10.2 7L10.7 5H13.3L14.1 8M8.4 5.2L6.9 3.7L7.8 2H16.3L17.6 4.5L15.8 5.4L15 4H9L8.4 5.2Z`,mode_now:`M7,2V13H10V22L17,10H13L17,2H7Z`,mode_departure:`M15,13H16.5V15.82L18.94,17.23L18.19,18.53L15,16.69V13M19,8H5V19H9.67C9.24,18.09 9,17.07 9,16A7,7 0 0,1 16,9C17.07,9 18.09,9.24 19,9.67V8M5,21C3.89,21 3,20.1 3,19V5C3,3.89 3.89,3 5,3H6V1H8V3H16V1H18V3H19A2,2 0 0,1 21,5V11.1C22.24,12.36 23,14.09 23,16A7,7 0 0,1 16,23C14.09,23 12.36,22.24 11.1,21H5M16,11.15A4.85,4.85 0 0,0 11.15,16C11.15,18.68 13.32,20.85 16,20.85A4.85,4.85 0 0,0 20.85,16C20.85,13.32 18.68,11.15 16,11.15Z`,mode_sun:`M12,7A5,5 0 0,1 17,12A5,5 0 0,1 12,17A5,5 0 0,1 7,12A5,5 0 0,1 12,7M12,9A3,3 0 0,0 9,12A3,3 0 0,0 12,15A3,3 0 0,0 15,12A3,3 0 0,0 12,9M12,2L14.39,5.42C13.65,5.15 12.84,5 12,5C11.16,5 10.35,5.15 9.61,5.42L12,2M3.34,7L7.5,6.65C6.9,7.16 6.36,7.78 5.94,8.5C5.5,9.24 5.25,10 5.11,10.79L3.34,7M3.36,17L5.12,13.23C5.26,14 5.53,14.78 5.95,15.5C6.37,16.24 6.91,16.86 7.5,17.37L3.36,17M20.65,7L18.88,10.79C18.74,10 18.47,9.23 18.05,8.5C17.63,7.78 17.1,7.15 16.5,6.64L20.65,7M20.64,17L16.5,17.36C17.09,16.85 17.62,16.22 18.04,15.5C18.46,14.77 18.73,14 18.87,13.21L20.64,17M12,22L9.59,18.56C10.33,18.83 11.14,19 12,19C12.82,19 13.63,18.83 14.37,18.56L12,22Z`,mode_pause:`M14,19H18V5H14M6,19H10V5H6V19Z`};function R(e){return T`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${E`<path d=${Ke[e]??``}></path>`}</svg>`}var qe=6,Je=d`
  .outage {
    border-left: 4px solid var(--tg-bad);
    margin-bottom: 16px;
  }
  .outage dd {
    text-align: start;
  }
  @media (max-width: 640px) {
    .outage dl {
      grid-template-columns: 1fr;
    }
    .outage dd {
      margin-bottom: 8px;
    }
  }
  .outage.returning {
    border-left-color: var(--tg-warn);
  }
`;function Ye(e){let t=e.supply[0];return t&&t.state!==`cable`?t:null}function z(e){let t=e.supply[0]?.state;return t===`dead`||t===`island`}function Xe(e,t,n,i){let a=e.feeders[t.main_feeder];return i.t(`headline_supply_${n.state}`,{since:n.lost_at===null?`?`:i.time(n.lost_at),load:i.power(r(a?.load_w)),most:i.power(r(a?.capacity_w))})}function Ze(e,t){let n=e.length-qe;return n>0?t.t(`and_more`,{names:e.slice(0,qe).join(`, `),count:n}):e.join(`, `)}function Qe(e,t){let n=e?.states[t]?.attributes.friendly_name;return typeof n==`string`?n:t}function $e(e,t){let n=[],r=[];for(let i of Object.values(e.participants)){(i.power_w??0)<0&&r.push(i.name);for(let e of i.loads??[])e.on&&!e.shed&&n.push(Qe(t,e.entity))}return{on:n,gives:r}}function et(e,t,n,r){let i=Ye(e);if(!i)return O;let{on:a,gives:o}=$e(e,r),s=i.waiting.map(([t,n])=>n===null?e.participants[t]?.name??t:Qe(r,n)),c=[];if(i.state===`island`){let e=i.lasts_until;c.push([n.t(`outage_lasts`),e===null?n.t(`outage_lasts_long`):n.t(`outage_lasts_until`,{at:n.date(e),span:n.span(e-n.now(t))})])}if(o.length&&c.push([n.t(`outage_gives`),Ze(o,n)]),i.state!==`dead`&&c.push([n.t(`outage_on`),a.length?Ze(a,n):n.t(`outage_base`)]),s.length){let e=i.state===`returning`;c.push([n.t(e?`outage_next`:`outage_off`),Ze(s,n)])}return c.length?T`<section class="box outage ${i.state}" aria-label=${n.t(`outage`)}>
        <dl style="margin:0">${c.map(([e,t])=>T`<dt>${e}</dt><dd>${t}</dd>`)}</dl>
      </section>`:O}var tt=new Set([`accepted`,`active`]),nt=new WeakMap;function B(e,t){let n=nt.get(e.requests);if(!n){n=new Map;for(let[t,r]of Object.entries(e.requests))if(!r.closed)for(let e of r.parts)e.state!==`not_asked`&&!n.has(e.participant)&&n.set(e.participant,[r,e,t]);nt.set(e.requests,n)}return n.get(t)??null}function V(e,t){return B(e,t)?.[1].state===`issued`}function H(e,t){return tt.has(B(e,t)?.[1].state??``)}function rt(e,t,n,r){return`${r.t(`headline_old`,{at:r.date(n)})} ${it(e,t,r)}`}function it(e,t,n){let i=e.feeders[t.main_feeder];if(!i)return n.t(`headline_nothing`);if(Object.keys(e.participants).length===0)return n.t(`headline_empty`);let a=Ye(e);if(a)return Xe(e,t,a,n);if(i.blind)return n.t(`headline_blind`);let o=r(i.load_w)??0,s=at(i.load_w,i.capacity_w),c={load:n.power(o),phase:s.phase,percent:n.percent(s.share*100)},l=n.t(`headline_${i.state}`,c),u=Object.values(e.requests).filter(e=>!e.closed);if(u.length>0){let e=u[0],t=e.parts.filter(e=>tt.has(e.state)).length,r=e.parts.filter(e=>e.state===`issued`).length;return`${l} ${n.t(`headline_request`,{power:n.power(e.power_w),until:n.time(e.ends_at),helping:t,asked:r})}`}let d=ot(e,n.now(t));return d?`${l} ${n.t(`headline_next`,{power:n.power(d.watts),at:n.time(d.at)})}`:l}function at(e,t){let n={phase:`L1`,share:0};return(e??[]).forEach((e,r)=>{let i=t[r]??0;i>0&&e/i>n.share&&(n={phase:`L${r+1}`,share:e/i})}),n}function ot(e,t){let n=e.plan[0];if(!n)return null;let r=null;return n.total_w.forEach((e,i)=>{let a=n.start+i*n.step_s;a+n.step_s>t&&(r===null||e>r.watts)&&(r={at:a,watts:e})}),r}function st(e,t,n,r){let i=n.silent?null:B(e,t);if(i){let[e,t]=i;if(t.state===`issued`)return r.t(`why_asked`,{until:r.time(e.answer_by)});if(tt.has(t.state))return r.t(`why_helping`,{power:r.power(t.power_w),until:r.time(e.ends_at)})}let a=r.sentence(n.why);return i?.[1].state===`declined`?`${r.reason(i[1].reason)??r.t(`why_declined`)} ${a}`:a}var U=d`
  :host {
    --tg-good: var(--success-color, #2e7d32);
    --tg-warn: var(--warning-color, #b26a00);
    --tg-bad: var(--error-color, #c62828);
    --tg-flow: var(--primary-color, #0288d1);
    --tg-sun: #e0a100;
    /* As text they have to stand out from the ground in every theme, as fills they need not. */
    --tg-good-text: color-mix(in srgb, var(--tg-good) 55%, var(--primary-text-color, #202124));
    --tg-warn-text: color-mix(in srgb, var(--tg-warn) 48%, var(--primary-text-color, #202124));
    --tg-bad-text: color-mix(in srgb, var(--tg-bad) 65%, var(--primary-text-color, #202124));
    --tg-link: color-mix(in srgb, var(--primary-color, #0277a8) 60%, var(--primary-text-color, #202124));
    --tg-soft: var(--secondary-text-color, #5f6368);
    --tg-line: var(--divider-color, #d0d0d0);
    --tg-box: var(--ha-card-background, var(--card-background-color, #fff));
    color: var(--primary-text-color, #202124);
    font-size: 14px;
    line-height: 1.4;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  p {
    margin: 0;
  }
  h2 {
    font-size: 18px;
    font-weight: 500;
    margin: 0 0 8px;
  }
  h3 {
    font-size: 15px;
    font-weight: 500;
    margin: 0;
  }
  .soft {
    color: var(--tg-soft);
  }
  .old,
  .failed {
    border-left: 4px solid var(--tg-warn);
    background: var(--tg-box);
    padding: 8px 12px;
    margin-bottom: 12px;
  }
  .failed {
    border-color: var(--tg-bad);
  }
  .waiting {
    padding: 24px;
    color: var(--tg-soft);
  }
  .box {
    background: var(--tg-box);
    border: 1px solid var(--tg-line);
    border-radius: var(--ha-card-border-radius, 12px);
    padding: 16px;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr));
    gap: 16px;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .big {
    white-space: nowrap;
    font-size: 24px;
    line-height: 1.2;
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 1px solid var(--tg-line);
    border-radius: 18px;
    padding: 6px 14px;
    min-height: 36px;
    cursor: pointer;
  }
  /* A finger is broader than the point of a mouse. */
  @media (pointer: coarse), (max-width: 600px) {
    button,
    select,
    input,
    summary {
      min-height: 44px;
    }
    summary {
      padding-block: 10px;
    }
  }
  button:focus-visible,
  a:focus-visible,
  [tabindex]:focus-visible {
    outline: 3px solid var(--tg-flow);
    outline-offset: 2px;
  }
  button[aria-pressed="true"],
  button.primary {
    background: color-mix(in srgb, var(--tg-flow) 72%, #000);
    border-color: transparent;
    color: #fff;
  }
  button[disabled] {
    opacity: 0.5;
    cursor: default;
  }
  .row {
    display: flex;
    gap: 8px;
    flex-wrap: wrap;
    align-items: center;
  }
  .spread {
    display: flex;
    justify-content: space-between;
    gap: 12px;
    align-items: baseline;
  }
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(100px, 1fr));
    gap: 8px;
    margin-top: 12px;
  }
  .facts > div {
    background: color-mix(in srgb, var(--tg-line) 25%, transparent);
    border-radius: 10px;
    padding: 8px 10px;
    min-width: 0;
  }
  .facts b {
    display: block;
    font-size: 15px;
    font-weight: 500;
    font-variant-numeric: tabular-nums;
    overflow-wrap: break-word;
  }
  .facts span {
    font-size: 12px;
    color: var(--tg-soft);
  }
  .meter {
    position: relative;
    height: 10px;
    border-radius: 5px;
    background: color-mix(in srgb, var(--tg-line) 60%, transparent);
    overflow: hidden;
  }
  .meter > i {
    position: absolute;
    inset: 0 auto 0 0;
    background: var(--tg-good);
  }
  .meter > i.warn {
    background: var(--tg-warn);
  }
  .meter > i.bad {
    background: repeating-linear-gradient(45deg, var(--tg-bad) 0 6px, color-mix(in srgb, var(--tg-bad) 60%, #000) 6px 9px);
  }
  .meter > b {
    position: absolute;
    top: 0;
    bottom: 0;
    width: 2px;
    background: var(--primary-text-color);
  }
  dl {
    display: grid;
    grid-template-columns: fit-content(60%) 1fr;
    gap: 4px 12px;
    margin: 8px 0 0;
  }
  dt {
    color: var(--tg-soft);
  }
  dd {
    margin: 0;
    text-align: end;
    font-variant-numeric: tabular-nums;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  table {
    border-collapse: collapse;
    width: 100%;
  }
  th,
  td {
    text-align: start;
    padding: 6px 8px;
    border-bottom: 1px solid var(--tg-line);
    vertical-align: top;
  }
  th {
    font-weight: 500;
    color: var(--tg-soft);
  }
  td.number,
  th.number {
    text-align: end;
  }
  a {
    color: var(--tg-link);
  }
  .scroll {
    position: relative;
    overflow-x: auto;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    border: 1px solid currentColor;
    border-radius: 10px;
    padding: 0 8px;
    font-size: 12px;
    white-space: nowrap;
  }
  .chip.good {
    color: var(--tg-good-text);
  }
  .chip.warn {
    color: var(--tg-warn-text);
  }
  .chip.bad {
    color: var(--tg-bad-text);
  }
  svg.icon {
    width: 20px;
    height: 20px;
    fill: currentColor;
    flex: none;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`,ct={connected:``,slow:`warn`,waiting:`warn`,dead:`bad`,refused:`bad`,ended:`bad`};function lt(e){return(ct[e.state]??`warn`)||(e.blind||e.last?.differs?`warn`:``)}function W(e,t){return Object.values(e.links).filter(e=>e.relation===t)}function ut(e,t){return Object.values(e.links).find(e=>e.feeder===t)}function dt(e,t){if(e.state===`connected`)return e.blind?t.t(`link_blind`):e.last?.differs?t.t(`link_differs`):null;let n=t.t(`link_state_${e.state}`);return e.why?`${n}: ${t.common(`link_why_${e.why}`,e.figures)}`:n}function ft(e,t,n){let i=r(e.limit_w),a=[];if(e.relation===`beside`){let n=e.agreed_w??0,r=t.power(Math.abs(n));a.push(n?t.t(n>0?`link_buys`:`link_sells`,{power:r}):t.t(`link_no_trade`))}else{let n=e.relation===`above`;a.push(i===null?t.t(`link_no_limit`):t.t(n?`link_grants`:`link_may`,{power:t.power(i)}))}e.price!==null&&a.push(`${t.money(e.price,n)}/kWh`);let o=e.reports?.slots??[];if(o.length){let e=o.filter(e=>e.connected),n=e.reduce((e,t)=>e+(t.need_wh??0),0);a.push(t.t(`link_slots`,{wanting:e.length,count:o.length,energy:t.energy(n)}))}return e.reports?.offers_w&&a.push(t.t(`link_offers`,{power:t.power(e.reports.offers_w)})),a.join(` · `)}function pt(e,t){if(e.power_w===null)return`?`;if(e.relation!==`beside`)return t.power(e.power_w);let n=t.power(Math.abs(e.power_w));return e.power_w?t.t(e.power_w>0?`link_in`:`link_out`,{power:n}):n}function mt(e,t){if(!e.last)return null;let{energy_wh:n,own_wh:r,their_wh:i}=e.last,a={energy:t.energy(Math.abs(n)),own:t.energy(r),theirs:t.energy(i)};return t.t(n<0?`link_last_sold`:`link_last_bought`,a)}function ht(e,t,n){let r=dt(e,t),i=t.t(`link_${e.relation}`),a=e.relation===`beside`&&e.state===`connected`;return T`<div class="spread">
      <div class="name">${R(`link`)}<span>${e.name}</span></div>
      <span class="number">${pt(e,t)}</span>
    </div>
    ${gt(e,t,n,r,a?`${i}, ${t.t(`link_state_connected`)}`:i)}`}function gt(e,t,n,r=dt(e,t),i=``){let a=ft(e,t,n),o=mt(e,t);return T`${r?T`<div class="why"><b class="chip ${lt(e)}">!</b> ${r}</div>`:O}
    <div class="why">${[i,a].filter(Boolean).join(` · `)}</div>
    ${o?T`<div class="why">${o}</div>`:O}`}function _t(e,t){return T`<div class="phases" role="group" aria-label=${t.t(`phases`)}>
    ${e.capacity_w.map((n,r)=>{if(n<=0)return O;let i=e.load_w?.[r],a=e.threshold_w[r]??n,o=i===void 0?0:Math.min(1,Math.max(0,i/n)),s=i===void 0?``:i>n?`bad`:i>a?`warn`:``,c=i===void 0?t.t(`phase_unknown`,{phase:`L${r+1}`}):t.t(`phase_load`,{phase:`L${r+1}`,load:t.power(i),capacity:t.power(n)});return T`<div class="phase" title=${c}>
        <span aria-hidden="true">L${r+1}</span>
        <div class="meter" role="img" aria-label=${c}>
          <i class=${s} style="width:${(o*100).toFixed(0)}%"></i>
          <b style="left:${Math.min(99,a/n*100).toFixed(0)}%"></b>
        </div>
        <span class="number">${i===void 0?`?`:t.power(i)}</span>
      </div>`})}
  </div>`}var G={width:176,height:108,gap:14},vt=2*G.width+G.gap,yt=26,bt=14,K={width:268,height:146},xt=44,St=100,Ct=118,wt=148,Tt=138,Et=30,Dt=40,Ot=8,kt=16,At=520,q=14,jt=50,Mt=/^why_(protection|dimmed_until|reserved|payment)$/,Nt=[`solar`,`charger`,`battery`,`household`],J=class extends L{constructor(...e){super(...e),this.list=!1,this.width=900,this.opened=new Set}static{this.styles=[U,d`
      :host {
        display: block;
      }
      .stage {
        position: relative;
      }
      .stage.stale {
        filter: grayscale(1);
      }
      .stage.stale .flow {
        display: none;
      }
      svg.lines {
        position: absolute;
        inset: 0;
        pointer-events: none;
      }
      .line {
        stroke: var(--tg-line);
        fill: none;
        stroke-width: 2;
      }
      .carries {
        stroke: color-mix(in srgb, var(--tg-flow) 35%, transparent);
        fill: none;
        stroke-linejoin: round;
      }
      .carries.back {
        stroke: color-mix(in srgb, var(--tg-good) 40%, transparent);
      }
      .flow {
        stroke: var(--tg-flow);
        fill: none;
        stroke-linecap: round;
        stroke-dasharray: 10 14;
        animation: flow 1.6s linear infinite;
      }
      .flow.back {
        stroke: var(--tg-good);
        animation-direction: reverse;
      }
      @keyframes flow {
        from {
          stroke-dashoffset: 24;
        }
        to {
          stroke-dashoffset: 0;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .flow {
          animation: none;
          stroke-dasharray: none;
        }
      }
      .node,
      .head {
        position: absolute;
        background: var(--tg-box);
        border: 1px solid var(--tg-line);
        border-radius: 12px;
        padding: 8px 10px;
        text-align: start;
        display: flex;
        flex-direction: column;
        gap: 2px;
        min-height: 0;
      }
      .head {
        overflow: hidden;
      }
      /* What changes within one moves nothing outside of it. */
      .node {
        contain: layout style size;
      }
      .node.good {
        border: 2px solid var(--tg-good);
      }
      .node.warn {
        border: 2px dashed var(--tg-warn);
      }
      .node.bad {
        border: 2px dotted var(--tg-bad);
      }
      .name {
        display: flex;
        gap: 6px;
        align-items: center;
        font-weight: 500;
        min-width: 0;
      }
      .name > span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .name > .chip {
        margin-inline-start: auto;
        font-weight: 400;
      }
      /* On its frame: a name needs the whole width. */
      .node .name > .chip {
        position: absolute;
        inset: -10px 8px auto auto;
        background: var(--tg-box);
        line-height: 18px;
      }
      .number,
      .beside {
        white-space: nowrap;
      }
      .beside {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .node .why {
        font-size: 12px;
        line-height: 1.25;
        color: var(--tg-soft);
        display: -webkit-box;
        -webkit-line-clamp: 3;
        -webkit-box-orient: vertical;
        overflow: hidden;
      }
      .dead {
        stroke: var(--tg-bad);
        stroke-dasharray: 3 7;
        stroke-width: 3;
        fill: none;
      }
      .cross {
        stroke: var(--tg-bad);
        stroke-width: 4;
        fill: none;
      }
      .cable {
        position: absolute;
        left: 58px;
        font-size: 12px;
        color: var(--tg-soft);
        white-space: nowrap;
      }
      .cable.cut {
        color: var(--tg-bad-text);
        font-weight: 500;
      }
      .head.warn {
        border: 2px dashed var(--tg-warn);
      }
      .head.bad {
        border: 2px dotted var(--tg-bad);
      }
      .head .why {
        font-size: 12px;
        line-height: 1.3;
        color: var(--tg-soft);
      }
      .room {
        font-size: 12px;
        color: var(--tg-soft);
        text-align: end;
      }
      .head .spread > .soft {
        white-space: nowrap;
      }
      .head .phase,
      .phase {
        display: grid;
        grid-template-columns: 22px 1fr 64px;
        gap: 6px;
        align-items: center;
        font-size: 12px;
      }
      .phase > .number {
        text-align: end;
      }
      .tiles {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        margin-top: 6px;
      }
      .tiles > i {
        position: relative;
        width: 20px;
        height: 22px;
        border-radius: 4px;
        border: 1px solid var(--tg-line);
        overflow: hidden;
      }
      .tiles > i > b {
        position: absolute;
        inset: auto 0 0 0;
        background: var(--tg-flow);
      }
      .tiles > i.back > b {
        background: var(--tg-good);
      }
      .tiles > i.good {
        border: 2px solid var(--tg-good);
      }
      .tiles > i.warn {
        border: 2px dashed var(--tg-warn);
      }
      .tiles > i.bad {
        border: 2px dotted var(--tg-bad);
      }
      ul {
        list-style: none;
        margin: 12px 0 0;
        padding: 0;
        display: grid;
        gap: 8px;
      }
      li > button {
        width: 100%;
        border-radius: 12px;
        padding: 10px 12px;
        text-align: start;
        background: var(--tg-box);
      }
    `]}connectedCallback(){super.connectedCallback(),this.observer=new ResizeObserver(e=>{let t=e[0]?.contentRect.width??0;t>0&&Math.abs(t-this.width)>4&&(this.width=t)}),this.observer.observe(this)}disconnectedCallback(){super.disconnectedCallback(),this.observer?.disconnect()}concernsStates(){return!1}renderIsland(e,t){let n=W(e,`beside`).length?2*K.width+Dt:At;return this.list||this.width<n?this.renderList(e,t):this.renderStage(e,t)}renderStage(e,t){let n=[],i=xt+(W(e,`above`).length?St:0),a=this.ties(e,i),o=Math.max(i+K.height,...a.map(({y:e})=>e+Tt))+24,s=Ft(e,t);for(let[r,i]of s){if(ut(e,r))continue;let a=e.feeders[r],s=r===t.main_feeder,c=this.nodes(e,r),l=70+i*24,u=s?0:Ct,d=Math.max(1,Math.floor((this.width-l+G.gap)/(G.width+G.gap))),f={feederId:r,feeder:a,busY:o+u,top:o,nodes:[],depth:i},[p,m,h]=[0,f.busY+20,0];for(let e of c){let t=e.tiles&&d>1?2:1;p+t>d&&([p,m,h]=[0,m+h+30,0]);let n=t===2?bt:bt/2-1,r=G.height+(e.tiles?Math.ceil(e.tiles.length/n)*yt-14:0),i=t===2?vt:G.width;f.nodes.push({node:e,x:l+p*(G.width+G.gap),y:m,width:i,height:r}),p+=t,h=Math.max(h,r)}o=c.length?m+h+30:f.busY+24,n.push(f)}let c=[],l=Math.max(1,Math.floor((this.width-Et-Dt+G.gap)/(K.width+G.gap)));for(let[t]of s){let n=ut(e,t);if(!n)continue;let r=70+c.length%l*(K.width+G.gap),i=o+20+Math.floor(c.length/l)*178;c.push({feeder:e.feeders[t],link:n,x:r,y:i})}o=Math.max(o,...c.map(({y:e})=>e+wt+30));let u=c.map(({feeder:e,x:t,y:n})=>({x:t,y:n,width:K.width,watts:r(e.load_w)??0}));for(let e of n){let t=e.nodes.map(({node:e,x:t,y:n,width:r})=>({x:t,y:n,width:r,watts:e.isOpen?0:e.watts??0}));u.push(...t)}return T`<div class="stage ${this.isOld?`stale`:``}" style="height:${o}px">
      <svg class="lines" width=${this.width} height=${o} aria-hidden="true">
        ${this.cable(e,t,i)} ${this.tieWires(a)} ${this.trunk(u,e,t,i)}
        ${this.buses(u,Et)}
      </svg>
      ${this.renderCable(e,i)} ${this.renderHead(e,t,i)} ${this.renderLinks(e,t,a)}
      ${n.map(e=>[e.feederId===t.main_feeder?O:this.renderFeeder(e),e.nodes.map(e=>this.renderNode(e))])}
      ${c.map(e=>this.renderHouse(e,t))}
    </div>`}cable(e,t,n){let r=e.feeders[t.main_feeder]?.load_w??null,i=n-xt,a=z(e);return E`${[0,1,2].map(e=>{let t=`M${22+e*8} ${i} V${n}`;return a?E`<path class="dead" d=${t}></path>`:Y(t,r?.[e]??0)})}${a?E`<path class="cross" d="M${18} ${i+10}l24 24m0 -24l-24 24"></path>`:O}`}cableText(e){let t=this.words,n=e.supply[0],r=n?.state===`returning`;return z(e)?t.t(`cable_dead`,{since:n?.lost_at==null?`?`:t.time(n.lost_at)}):t.t(r?`cable_returning`:`cable`)}renderCable(e,t){return T`<div class="cable ${z(e)?`cut`:``}" style="top:${t-xt+12}px">
      ${this.cableText(e)}
    </div>`}trunk(e,t,n,r){let i=Math.max(r+K.height,...e.map(({y:e})=>e-q)),a=t.feeders[n.main_feeder]?.load_w??null;return E`${[0,1,2].map(e=>{let t=22+e*8,n=a?.[e]??0;return Y(`M${t} ${r+K.height} V${i}`,n)})}`}buses(e,t){return E`${[...new Set(e.map(({y:e})=>e))].map(n=>{let r=e.filter(e=>e.y===n),i=n-q;return E`${r.map(({watts:e,x:a,width:o},s)=>{let c=a+o/2,l=r[s-1],u=l?l.x+l.width/2:t,d=r.slice(s).reduce((e,t)=>e+t.watts,0);return E`${Y(`M${u} ${i} H${c}`,d)}${Y(`M${c} ${i} V${n}`,e)}`})}`})}`}renderHead(e,t,n){let i=e.feeders[t.main_feeder];if(!i)return T``;let a=this.words;return T`<div class="head" style="left:0;top:${n}px;width:${K.width}px;height:${K.height}px">
      <div class="name">${R(`feeder`)}<span>${t.title}</span></div>
      <div class="spread">
        <span class="big number">${i.blind?`?`:a.power(r(i.load_w))}</span>
        <span class="soft">${this.stateText(e,i)}</span>
      </div>
      ${_t(i,a)} ${this.roomText(i)}
    </div>`}stateText(e,t){let n=this.words;return this.isOld?n.t(`state_old`):z(e)?n.t(`on_its_own`):n.t(`state_${t.state}`)}roomText(e){let t=(e.headroom_w??[]).filter((t,n)=>(e.capacity_w[n]??0)>0);if(t.length===0)return O;let n=Math.min(...t),r={phase:`L${(e.headroom_w??[]).findIndex(e=>e===n)+1}`,power:this.words.power(Math.abs(n))};return T`<div class="room">${this.words.t(n<0?`room_over`:`room_left`,r)}</div>`}ties(e,t){let n=K.width+Dt,r=Math.max(1,Math.floor((this.width-n+G.gap)/(K.width+G.gap)));return W(e,`beside`).map((e,i)=>({link:e,x:n+i%r*(K.width+G.gap),y:t+q+12+Math.floor(i/r)*168,width:K.width,watts:-(e.power_w??0)}))}tieWires(e){let t=K.width+Dt/2,n=[...new Set(e.map(({y:e})=>e))],r=t=>e.filter(e=>e.y>=t).reduce((e,{watts:t})=>e+t,0);return E`${n.map((e,i)=>{let a=n[i-1];return Y(a===void 0?`M${K.width} ${e-q}H${t}`:`M${t} ${a-q}V${e-q}`,r(e))})}${this.buses(e,t)}`}renderLinks(e,t,n){let r=(e,n,r,i)=>T`<div class="head ${lt(e)}" style="left:${n}px;top:${r}px;width:${K.width}px;height:${i}px">
        ${ht(e,this.words,t)}
      </div>`;return[...W(e,`above`).map(e=>r(e,0,0,St)),...n.map(({link:e,x:t,y:n})=>r(e,t,n,Tt))]}renderFeeder(e){let t=this.words;return T`<div class="head" style="left:${70+e.depth*24}px;top:${e.top}px;width:${K.width}px">
      <div class="spread">
        <div class="name">${R(`feeder`)}<span>${e.feeder.name}</span></div>
        <span class="number">${e.feeder.blind?`?`:t.power(r(e.feeder.load_w))}</span>
      </div>
      ${_t(e.feeder,t)}
    </div>`}renderHouse({feeder:e,link:t,x:n,y:i},a){let o=this.words;return T`<div class="head ${lt(t)}" style="left:${n}px;top:${i}px;width:${K.width}px;height:${wt}px">
      <div class="spread">
        <div class="name">${R(`link`)}<span>${t.name}</span></div>
        <span class="number">${e.blind?`?`:o.power(r(e.load_w))}</span>
      </div>
      ${_t(e,o)} ${gt(t,o,a)}
    </div>`}renderNode({node:e,x:t,y:n,width:r,height:i}){return T`<button
      class="node ${e.tone}"
      style="left:${t}px;top:${n}px;width:${r}px;height:${i}px"
      title=${`${e.name}: ${e.text}`}
      @click=${()=>this.tap(e)}
    >
      ${this.renderContent(e)}
    </button>`}renderContent(e){let t=this.words;return T`<div class="name">
        ${R(e.kind)}<span>${e.name}</span>
        ${e.badge?T`<b class="chip ${e.tone}">${e.badge}</b>`:O}
      </div>
      <div class="spread">
        <span class="number">${e.watts===null?`?`:t.flow(e.watts)}</span>
        <span class="soft beside">${e.beside}</span>
      </div>
      <div class="why">${e.text}</div>
      ${e.tiles?T`<div class="tiles" aria-hidden="true">
            ${e.tiles.map(e=>T`<i class="${e.tone} ${e.back?`back`:``}" title=${e.name}><b style="height:${(e.share*100).toFixed(0)}%"></b></i>`)}
          </div>`:O}`}renderList(e,t){let n=this.words,i=[...W(e,`above`),...W(e,`beside`)];return T`${z(e)?T`<p class="old">${this.cableText(e)}</p>`:O}
      ${i.map(e=>T`<section class="box" style="margin-bottom:12px">${ht(e,n,t)}</section>`)}
      ${Ft(e,t).map(([i])=>{let a=e.feeders[i],o=ut(e,i),s=this.nodes(e,i);return T`<section class="box" style="margin-bottom:12px">
          <div class="spread">
            <h3>${a.name}</h3>
            <span class="number">${a.blind?`?`:n.power(r(a.load_w))}</span>
          </div>
          ${_t(a,n)} ${this.roomText(a)} ${o?gt(o,n,t):O}
          <ul>
            ${s.map(e=>T`<li><button @click=${()=>this.tap(e)}>${this.renderContent(e)}</button></li>`)}
          </ul>
        </section>`})}`}nodes(e,t){let n=Object.entries(e.participants).filter(([,e])=>e.feeder===t),r=Object.keys(e.participants).length<=kt;return Nt.flatMap(i=>{let a=n.filter(([,e])=>e.kind===i),o=`${t}/${i}`,s=()=>a.map(([t,n])=>this.node(e,t,n));if(r||a.length<=Ot)return s();let c=this.group(e,o,i,a);return this.opened.has(o)?[Pt(c,this.words),...s()]:[c]})}node(e,t,n){let r=this.words,i=n.vehicle?e.vehicles[n.vehicle]:void 0,a=n.soc??i?.soc??null,o=!this.isOld&&V(e,t),s=!this.isOld&&H(e,t),c=n.kind===`charger`&&n.connected===!0&&n.setpoint===0&&n.why.key!==`why_charged`,[l,u]=n.silent?[`bad`,r.t(`badge_offline`)]:o?[`warn`,r.t(`badge_asked`)]:s?[`good`,r.t(`badge_helps`)]:c?[`warn`,r.t(`badge_waits`)]:Mt.test(n.why.key)?[``,r.t(`badge_limited`)]:[``,``];return{id:t,kind:n.kind,name:n.name,watts:n.power_w,tone:l,badge:u,text:this.isOld?``:st(e,t,n,r),members:[t],beside:[a===null?null:r.percent(a),i?.name].filter(Boolean).join(`, `)}}group(e,t,n,r){let i=this.words,a=r.filter(([t])=>H(e,t)).length,o=r.filter(([t])=>V(e,t)).length,s=r.filter(([,e])=>e.silent).length,c=[[`helping`,a],[`asked`,o],[`offline`,s]];return{id:t,kind:n,name:i.t(`group_${n}`,{count:r.length}),watts:r.reduce((e,[,t])=>e+(t.power_w??0),0),tone:s?`bad`:o?`warn`:a?`good`:``,badge:``,beside:``,text:c.filter(([,e])=>e>0).map(([e,t])=>i.t(`group_${e}`,{count:t})).join(` · `),members:r.map(([e])=>e),tiles:this.tiles(e,r)}}tiles(e,t){let n=Math.max(1,...t.map(([,e])=>Math.abs(e.power_w??0)));return t.map(([t,r])=>({name:`${r.name}: ${r.power_w===null?`?`:this.words.flow(r.power_w)}`,share:Math.abs(r.power_w??0)/n,tone:r.silent?`bad`:V(e,t)?`warn`:H(e,t)?`good`:``,back:(r.power_w??0)<0}))}tap(e){if(e.members.length>1){let t=new Set(this.opened);t.delete(e.id)||t.add(e.id),this.opened=t;return}let t=this.watched.picture?.participants[e.id]?.device_id,n={participant:e.id,kind:e.kind,device:t},r=new CustomEvent(`tangle-grid-open`,{detail:n,bubbles:!0,composed:!0,cancelable:!0});this.dispatchEvent(r)&&t&&Ge(`/config/devices/device/${t}`)}};I([P({type:Boolean})],J.prototype,`list`,void 0),I([F()],J.prototype,`width`,void 0),I([F()],J.prototype,`opened`,void 0),J=I([N(`tangle-grid-diagram`)],J);function Pt({tiles:e,...t},n){return{...t,tone:``,text:n.t(`group_close`),isOpen:!0}}function Ft(e,t){let n=[],r=(t,i)=>{if(e.feeders[t]&&!n.some(([e])=>e===t)){n.push([t,i]);for(let[n,a]of Object.entries(e.feeders))a.parent===t&&r(n,i+1)}};r(t.main_feeder,0);for(let t of Object.keys(e.feeders))r(t,1);return n}function Y(e,t){return E`<path class="line" d=${e}></path>
    ${Math.abs(t)>jt?E`<path class="carries ${t<0?`back`:``}" d=${e} style="stroke-width:${It(t)}"></path>
          <path class="flow ${t<0?`back`:``}" d=${e} style="stroke-width:${(It(t)*.45).toFixed(1)}"></path>`:O}`}function It(e){return Math.round((2+7*Math.min(1,Math.sqrt(Math.abs(e)/2e4)))*10)/10}var Lt=[`now`,`departure`,`sun`,`pause`],Rt=d`
  .modes {
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    gap: 8px;
    margin-top: 12px;
  }
  .modes button {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 4px;
    min-height: 64px;
    padding: 8px 4px;
    border-radius: 12px;
    line-height: 1.15;
  }
  @container (max-width: 350px) {
    .modes {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    .modes button {
      flex-direction: row;
      justify-content: center;
      min-height: 52px;
    }
  }
  .modes button[aria-pressed="true"] {
    font-weight: 500;
  }
`;function zt(e,t,n,r){return e?T`<div class="modes" role="group" aria-label=${t.t(`charging_mode`)}>
    ${Lt.map(i=>T`<button
        aria-pressed=${i===e}
        ?disabled=${n}
        title=${t.t(`mode_${i}_means`)}
        @click=${()=>i!==e&&r(i)}
      >
        ${R(`mode_${i}`)}<span>${t.t(`mode_${i}`)}</span>
      </button>`)}
  </div>`:O}var Bt=e=>(...t)=>({_$litDirective$:e,values:t}),Vt=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,t,n){this._$Ct=e,this._$AM=t,this._$Ci=n}_$AS(e,t){return this.update(e,t)}update(e,t){return this.render(...t)}},Ht={},Ut=Bt(class extends Vt{constructor(){super(...arguments),this.ot=Ht}render(e,t){return t()}update(e,[t,n]){if(Array.isArray(t)){if(Array.isArray(this.ot)&&this.ot.length===t.length&&t.every((e,t)=>e===this.ot[t]))return D}else if(this.ot===t)return D;return this.ot=Array.isArray(t)?Array.from(t):t,this.render(t,n)}}),X=600,Wt=96,Z=78,Gt=1800,Kt=3600,qt=28800,Jt=108e3,Yt=60,Xt=d`
  .plan {
    margin-top: 12px;
  }
  .plan svg {
    display: block;
    width: 100%;
    height: 96px;
    overflow: visible;
  }
  .plan.bare svg {
    height: 48px;
  }
  .plan .price {
    fill: color-mix(in srgb, var(--tg-soft) 16%, transparent);
  }
  .plan .sun {
    fill: color-mix(in srgb, var(--tg-sun) 45%, transparent);
  }
  .plan .run {
    fill: var(--tg-flow);
  }
  .plan .axis {
    stroke: var(--tg-line);
    vector-effect: non-scaling-stroke;
  }
  .plan .now,
  .plan .leaves {
    stroke: var(--primary-text-color);
    stroke-width: 2;
    vector-effect: non-scaling-stroke;
  }
  .plan .now {
    stroke-dasharray: 3 3;
  }
  .plan .ticks {
    position: relative;
    height: 16px;
    margin-top: -16px;
    font-size: 11px;
    color: var(--tg-soft);
  }
  .plan .ticks span {
    position: absolute;
    transform: translateX(-50%);
    white-space: nowrap;
  }
  .plan .ticks .leaving {
    color: var(--primary-text-color);
    font-weight: 500;
    top: -80px;
    transform: translateX(calc(-100% - 6px));
  }
  .plan.bare .ticks {
    margin-top: -8px;
  }
  .plan.bare .ticks .leaving {
    top: -42px;
  }
  .plan .key {
    display: flex;
    gap: 12px;
    flex-wrap: wrap;
    font-size: 12px;
    color: var(--tg-soft);
  }
  .plan .key i {
    display: inline-block;
    width: 10px;
    height: 10px;
    border-radius: 2px;
    margin-inline-end: 4px;
  }
`;function Zt(e,t,n,r,i,a,o){let s=e=>(Math.min(n,Math.max(t,e))-t)/(n-t)*X,c=e=>Z-(e-r)/Math.max(1e-9,i-r)*(Z-o),l=[];if(e.values.forEach((r,i)=>{let a=e.start+i*e.step_s;a+e.step_s<=t||a>=n||l.push(`${l.length?`L`:`M`}${s(a).toFixed(1)} ${c(r).toFixed(1)}H${s(a+e.step_s).toFixed(1)}`)}),l.length===0)return E``;let u=l[0].slice(1).split(` `)[0];return E`<path class=${a} d="${l.join(``)}V${Z}H${u}Z"></path>`}function Qt(e,t,n,r){let{connected:i,planned:a,departure_at:o,ready_in_time:s}=n,c=Math.floor(r.now(t)/Yt)*Yt;return Ut([JSON.stringify([i,a,o,s,c]),e.forecast,...r.sources],()=>$t(e,n,r,c))}function $t(e,t,n,r){let i=t.planned??[],a=t.departure_at??null;if(!t.connected||i.length===0&&a===null)return O;let o=r-Gt,s=Math.max(a??0,i.at(-1)?.[1]??0,r+qt)+Kt,c=Math.min(s,o+Jt),l=e=>(e-o)/(c-o)*X,u=Math.max(1,...i.map(([,,e])=>e)),{price:d,sun_w:f}=e.forecast[0]??{price:null,sun_w:null},p=i.filter(([,e,t])=>e>o&&t>0),m=[],h=c-o>50400||n.time(r).length>5?14400:7200;for(let e=Math.ceil(o/h)*h;e<c-h/3;e+=h)(e-o)/(c-o)>.05&&m.push(e);let ee=p.length?n.t(`plan_text`,{times:p.map(([e,t])=>n.t(`from_to_time`,{from:n.time(Math.max(e,r)),to:n.time(t)})).join(`, `)}):n.t(`plan_none`),te=e=>e>o&&e<c;return T`<div class="plan ${p.length===0&&!d&&!f?`bare`:``}">
    <div class="spread">
      <span class="soft">${n.t(`plan_title`)}</span>
      ${t.ready_in_time===!1?T`<span class="chip warn">${n.t(`plan_late`)}</span>`:t.ready_in_time&&a!==null?T`<span class="chip good">${n.t(`plan_ready`,{at:n.time(a)})}</span>`:O}
    </div>
    <svg viewBox="0 0 ${X} ${Wt}" preserveAspectRatio="none" role="img" aria-label=${ee}>
      ${d?Zt(d,o,c,Math.min(0,...d.values),Math.max(...d.values),`price`,12):O}
      ${f?Zt(f,o,c,0,Math.max(1,...f.values),`sun`,30):O}
      ${p.map(([e,t,n])=>{let r=10+n/u*26,i=Math.max(0,l(e));return E`<rect class="run" x=${i.toFixed(1)} y=${(Z-r).toFixed(1)} width=${Math.max(1,l(Math.min(c,t))-i-1).toFixed(1)} height=${r.toFixed(1)} rx="2"></rect>`})}
      <path class="axis" d="M0 ${Z}H${X}"></path>
      <path class="now" d="M${l(r).toFixed(1)} 8V${Z}"></path>
      ${a!==null&&te(a)?E`<path class="leaves" d="M${l(a).toFixed(1)} 8V${Z}"></path>`:O}
    </svg>
    <div class="ticks" aria-hidden="true">
      ${m.map(e=>T`<span style="left:${(l(e)/X*100).toFixed(1)}%">${n.time(e)}</span>`)}
      ${a!==null&&te(a)?T`<span class="leaving" style="left:${(l(a)/X*100).toFixed(1)}%">${n.t(`leaves_short`,{at:n.time(a)})}</span>`:O}
    </div>
    <div class="key" aria-hidden="true">
      ${p.length?T`<span><i style="background:var(--tg-flow)"></i>${n.t(`plan_charges`)}</span>`:T`<span>${ee}</span>`}
      ${d?T`<span><i style="background:color-mix(in srgb, var(--tg-soft) 30%, transparent)"></i>${n.t(`price`)}</span>`:O}
      ${f?T`<span><i style="background:var(--tg-sun)"></i>${n.t(`sun`)}</span>`:O}
    </div>
  </div>`}var en=200;function tn(e,t){let r=e.file.receipt??{},i=e=>typeof r[e]==`number`?r[e]:null,a=i(`charge_i`);return{at:n(t,Date.parse(e.ended_at)/1e3),kind:e.kind,wh:i(`wh_in`),amount_i:a===null?i(`total_i`)??i(`paid_i`):a+(i(`fee_i`)??0)-(i(`feed_in_i`)??0),verified:e.verified,url:e.url}}function nn(e){return[[`ended_at`,`kind`,`wh`,`amount_i`,`verified`],...e.map(e=>[new Date(e.at*1e3).toISOString(),e.kind,e.wh??``,e.amount_i??``,e.verified])].map(e=>`${e.join(`,`)}\r\n`).join(``)}function rn(e,t){let n=new Map;for(let r of e){let e=t(r.at);n.set(e,[...n.get(e)??[],r])}return[...n]}var Q=class extends L{constructor(...e){super(...e),this.device=``,this.lines=null,this.problem=``,this.loaded=``}static{this.styles=[U,d`
      :host {
        display: block;
        margin-top: 12px;
      }
    `]}willUpdate(e){super.willUpdate(e),this.island&&this.device&&this.loaded!==this.device&&(this.loaded=this.device,this.load(this.island))}async load(e){try{let t={device_id:this.device,limit:en},{receipts:n}=(await this.hass?.callService(`tangle_grid`,`get_receipts`,t,void 0,!1,!0))?.response;this.lines=n.map(t=>tn(t,e))}catch(e){this.problem=e.message??String(e)}}renderIsland(e,t){let n=this.words;if(this.problem)return T`<p class="failed" role="alert">${this.problem}</p>`;if(this.lines===null)return T`<p class="soft">${n.t(`waiting`)}</p>`;if(this.lines.length===0)return T`<p class="soft">${n.t(`no_receipts`)}</p>`;let r=this.lines,i=(e,t=r)=>t.reduce((t,n)=>t+(e(n)??0),0);return T`<div class="scroll">
        <table>
          <thead>
            <tr>
              <th>${n.t(`when`)}</th>
              <th>${n.t(`what`)}</th>
              <th class="number">${n.t(`energy`)}</th>
              <th class="number">${n.t(`amount`)}</th>
            </tr>
          </thead>
          <tbody>
            ${rn(this.lines,e=>n.month(e)).map(([e,r],a,o)=>T`${o.length>1?T`<tr>
                  <th colspan="2">${e}</th>
                  <th class="number">${n.energy(i(e=>e.wh,r))}</th>
                  <th class="number">${n.tokens(i(e=>e.amount_i,r),t)}</th>
                </tr>`:O}${r.map(e=>T`<tr>
                <td><a href=${e.url} download>${n.date(e.at)}</a></td>
                <td>
                  ${n.t(`receipt_${e.kind}`)}
                  ${e.verified?O:T`<span class="chip bad">${n.t(`not_verified`)}</span>`}
                </td>
                <td class="number">${n.energy(e.wh)}</td>
                <td class="number">${n.tokens(e.amount_i,t)}</td>
              </tr>`)}`)}
          </tbody>
          <tfoot>
            <tr>
              <th colspan="2">${n.t(`total`)}</th>
              <th class="number">${n.energy(i(e=>e.wh))}</th>
              <th class="number">${n.tokens(i(e=>e.amount_i),t)}</th>
            </tr>
          </tfoot>
        </table>
      </div>
      <a
        href=${`data:text/csv;charset=utf-8,${encodeURIComponent(nn(this.lines))}`}
        download="tangle-grid-receipts.csv"
        >${n.t(`as_csv`)}</a
      >`}};I([P()],Q.prototype,`device`,void 0),I([F()],Q.prototype,`lines`,void 0),I([F()],Q.prototype,`problem`,void 0),Q=I([N(`tangle-grid-receipts`)],Q);var an=1/60;function on(e,t,n){let r=e.participants[t],i=B(e,t),a=i?.[1].state===`issued`;if(r?.kind!==`battery`||!i||!(a||H(e,t)))return null;let[o,s]=i,{soc:c,capacity_wh:l,setpoint:u,power_w:d}=r,f=o.ends_at,p=Math.max(n,s.state===`active`?n:o.starts_at);if(c==null||!l||(f-n)/3600<an)return null;let m=u??d??0,h=s.state===`active`?m:s.means?.setpoint??m-(s.power_w??0),ee=(m*(p-n)+h*(f-p))/3600,te=Math.min(c,r.reserve_soc??0);return{soc:Math.min(100,Math.max(te,c+ee/l*100)),at:f,isAsked:a}}var $=class extends L{constructor(...e){super(...e),this.participant=``,this.busy=!1,this.receipts=!1,this.problem=``,this.isSeen=!0,this.hasMissed=!1,this.everyMs=3e4}static{this.styles=[U,Xt,Rt,d`
      :host {
        display: block;
        container-type: inline-size;
      }
      .ask {
        border: 2px dashed var(--tg-warn);
        border-radius: 12px;
        padding: 12px;
        margin-top: 12px;
      }
      .help {
        border: 2px solid var(--tg-good);
        border-radius: 12px;
        padding: 12px;
        margin-top: 12px;
      }
      select,
      input {
        font: inherit;
        color: inherit;
        background: transparent;
        border: 1px solid var(--tg-line);
        border-radius: 8px;
        padding: 6px 8px;
        min-height: 36px;
        max-width: 100%;
      }
      select option {
        color: #202124;
        background: #fff;
      }
      .settings {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(140px, 1fr));
        gap: 12px;
        margin-top: 12px;
      }
      label {
        display: grid;
        gap: 4px;
        font-size: 12px;
        color: var(--tg-soft);
        min-width: 0;
      }
      label > * {
        width: 100%;
        color: var(--primary-text-color);
      }
      .title {
        flex-wrap: nowrap;
      }
      .stored {
        flex-wrap: wrap;
        gap: 0 12px;
        margin-top: 12px;
      }
      .why {
        margin: 4px 0 0;
      }
      .cell {
        position: relative;
        height: 22px;
        margin-top: 4px;
        border-radius: 6px;
        background: color-mix(in srgb, var(--tg-line) 45%, transparent);
        overflow: hidden;
      }
      .cell > i {
        position: absolute;
        inset: 0 auto 0 0;
        background: linear-gradient(var(--tg-good), color-mix(in srgb, var(--tg-good) 82%, #000));
        transition: width 0.6s;
      }
      .cell > i.low {
        background: var(--tg-warn);
      }
      .cell > em {
        position: absolute;
        inset: 0 auto 0 0;
        background: repeating-linear-gradient(135deg, rgb(255 255 255 / 0.35) 0 4px, transparent 4px 8px);
        border-inline-end: 1px solid rgb(255 255 255 / 0.7);
      }
      .cell > s {
        position: absolute;
        inset-block: 0;
        border-inline: 2px solid var(--tg-flow);
        background: color-mix(in srgb, var(--tg-flow) 40%, transparent);
      }
      .cell > b {
        position: absolute;
        inset-block: 0;
        width: 2px;
        background: var(--primary-text-color);
      }
      /* What would be: nobody has said yes. */
      .cell > s.asked {
        border-style: dashed;
        background: color-mix(in srgb, var(--tg-flow) 18%, transparent);
      }
      @media (prefers-reduced-motion: reduce) {
        .cell > i {
          transition: none;
        }
      }
      .loads {
        list-style: none;
        margin: 4px 0 0;
        padding: 0;
      }
      .loads > li {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 2px 12px;
        padding: 6px 0;
        border-bottom: 1px solid var(--tg-line);
      }
      .chip {
        white-space: normal;
      }
      h4 {
        font: inherit;
        font-size: 12px;
        margin: 12px 0 0;
      }
      .count {
        font-size: 20px;
        font-variant-numeric: tabular-nums;
      }
      .ask button {
        flex: 1 1 120px;
        min-height: 48px;
        font-size: 16px;
        border-radius: 24px;
      }
    `]}connectedCallback(){super.connectedCallback(),typeof IntersectionObserver<`u`&&(this.sight=new IntersectionObserver(e=>this.look(e.at(-1)?.isIntersecting??!0),{rootMargin:`200px`}),this.sight.observe(this)),this.second=setInterval(()=>{(this.watched.picture?B(this.watched.picture,this.participant):null)?.[1].state===`issued`&&this.requestUpdate()},1e3)}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.second),this.sight?.disconnect(),this.isSeen=!0}look(e){this.isSeen=e,e&&this.hasMissed&&this.requestUpdate()}shouldUpdate(e){let t=e.size>0&&[...e.keys()].every(e=>e===`watched`||e===`hass`);return this.hasMissed=this.hasUpdated&&!this.isSeen&&t,!this.hasMissed&&super.shouldUpdate(e)}concerns(e,t){let n=e.participants[this.participant],r=n?.vehicle??``;return n!==t.participants[this.participant]||e.requests!==t.requests||e.forecast!==t.forecast||e.island!==t.island||e.vehicles[r]!==t.vehicles[r]||e.entities!==t.entities}concernsStates(e,t){let n=this.watched.picture,r=n?.participants[this.participant];return!n||!r||[...Object.values(n.entities[this.participant]??{}),...Object.values(n.entities[r.vehicle??``]??{}),...(r.loads??[]).map(e=>e.entity)].some(n=>e[n]!==t[n])}renderIsland(e,t){let n=e.participants[this.participant],r=this.words;if(!n)return T`<p class="soft">${r.t(`participant_gone`)}</p>`;let i=n.vehicle?e.vehicles[n.vehicle]:void 0,a=n.soc??i?.soc;return T`<article class="box">
      <div class="spread">
        <div class="row title">${R(n.kind)}
          <h3>${n.name}</h3>
        </div>
        <span class="number big">${n.power_w===null?`?`:r.flow(n.power_w)}</span>
      </div>
      ${i?T`<p class="row soft">${R(`vehicle`)}<span>${i.name}</span></p>`:O}
      <p class="why">${this.isOld?r.t(`state_old`):st(e,this.participant,n,r)}</p>
      ${this.renderPart(e,t)}
      ${this.problem?T`<p class="failed" role="alert">${this.problem}</p>`:O}
      ${this.renderModes(e,n)}
      ${a==null?O:this.renderSoc(e,n,a)}
      ${this.isOld?O:Qt(e,t,n,r)}
      ${n.loads?.length?this.renderLoads(e,n):O}
      ${this.renderFacts(n,t)}
      ${this.renderSettings(e)}
      <div class="row" style="margin-top:12px">
        ${n.device_id?T`<button @click=${()=>Ge(`/config/devices/device/${n.device_id}`)}>
              ${r.t(`all_entities`)}
            </button>`:O}
        ${n.kind===`charger`&&n.device_id?T`<button aria-expanded=${this.receipts} @click=${()=>this.receipts=!this.receipts}>
              ${r.t(`sessions`)}
            </button>`:O}
      </div>
      ${this.receipts?T`<tangle-grid-receipts .hass=${this.hass} .entryId=${this.entryId} .device=${n.device_id??``}></tangle-grid-receipts>`:O}
    </article>`}renderModes(e,t){let n=e.entities[this.participant]?.charging_mode;return n?zt(t.mode,this.words,this.busy||this.isOld,e=>{this.call(`select`,`select_option`,{entity_id:n,option:e})}):O}renderSoc(e,t,n){let r=this.words,i=this.settingOf(e,t,`target_soc`),a=t.reserve_soc??this.settingOf(e,t,`minimum_soc`),o=t.capacity_wh?r.energy(t.capacity_wh*n/100):null,s=this.island&&!this.isOld?on(e,this.participant,r.now(this.island)):null,c=s?r.t(s.isAsked?`planned_soc_asked`:`planned_soc`,{percent:r.percent(s.soc),at:r.time(s.at)}):null,l=t.kind===`battery`&&t.why.key===`why_free`&&!s&&!this.isOld,u=[`${r.t(`charge`)} ${r.percent(n)}`,...i===null?[]:[`${r.t(`target`)} ${r.percent(i)}`],...a===null?[]:[`${r.t(`reserve`)} ${r.percent(a)}`],...c?[c]:[]].join(`, `);return T`<div class="spread stored">
        <span><b class="big number">${r.percent(n)}</b> <span class="soft">${o??``}</span></span>
        <span class="soft number">
          ${i===null?O:T`${r.t(`target`)} ${r.percent(i)}`}
          ${a===null?O:T`${i===null?O:`· `}${r.t(`reserve`)} ${r.percent(a)}`}
          ${c?T`· ${c}`:O}
        </span>
      </div>
      <div class="cell" role="img" aria-label=${u}>
        <i class=${a!==null&&n<=a?`low`:``} style="width:${n}%"></i>
        ${a===null?O:T`<em style="width:${a}%"></em>`}
        ${s?T`<s class=${s.isAsked?`asked`:``} style="left:${Math.min(n,s.soc).toFixed(1)}%;width:${Math.abs(n-s.soc).toFixed(1)}%"></s>`:O}
        ${i===null?O:T`<b style="left:${Math.min(99,i)}%"></b>`}
      </div>
      ${l?T`<p class="why soft">${r.t(`planned_none`)}</p>`:O}`}settingOf(e,t,n){for(let r of[t.vehicle,this.participant]){let t=r?e.entities[r]?.[n]:void 0,i=t?Number(this.hass?.states[t]?.state):NaN;if(Number.isFinite(i))return i}return null}renderLoads(e,t){let n=this.words;return T`<h4 class="soft">${n.t(`may_be_shed`)}</h4>
      <ul class="loads">
        ${t.loads?.map(r=>{let i=this.hass?.states[r.entity]?.attributes.friendly_name,a=this.loadState(e,t,r);return T`<li>
            <span>${typeof i==`string`?i:r.entity} <span class="soft number">${n.power(r.power_w)}</span></span>
            ${r.shed?T`<span class="chip good">${a}</span>`:T`<span>${a}</span>`}
          </li>`})}
      </ul>`}loadState(e,t,n){let r=this.words,i=(e.supply[0]?.waiting??[]).findIndex(([e,t])=>e===this.participant&&t===n.entity);if(i>=0)return r.t(`load_place`,{place:i+1});if(!n.shed)return n.on===null?r.t(`load_unknown`):r.t(n.on?`load_on`:`load_off`);let a=B(e,this.participant);if(a&&H(e,this.participant))return r.t(`load_back`,{at:r.time(a[0].ends_at)});let o=t.why.key===`why_loads_off`;return r.t(o?`load_room`:`load_soon`)}renderFacts(e,t){let n=this.words,r=[];e.kind===`charger`&&r.push([n.t(`session`),e.connected?n.energy(e.session_wh):null],[n.t(`cost`),e.cost==null?null:n.money(e.cost,t)],[n.t(`price`),e.price==null?null:`${n.money(e.price,t)}\u200b/kWh`],[n.t(`limit`),e.setpoint===null?null:`${n.number(e.setpoint)} A`]),e.kind===`battery`&&e.setpoint!==null&&r.push([n.t(`told`),n.flow(e.setpoint)]),r.push([n.t(`earned`),e.earned_i?n.tokens(e.earned_i,t):null]),r.push([n.t(`given`),e.delivered_wh?n.energy(e.delivered_wh):null]);let i=r.filter(e=>e[1]!==null);return i.length?T`<div class="facts">${i.map(([e,t])=>T`<div><span>${e}</span><b>${t}</b></div>`)}</div>`:T``}renderPart(e,t){let n=B(e,this.participant);if(!n||this.isOld)return O;let[r,i,a]=n,o=this.words,s=o.now(t);return i.state===`issued`?T`<div class="ask" role="group" aria-label=${o.t(`asked`)}>
        <div class="spread">
          <b>${o.t(`asked_title`,{power:o.power(i.power_w)})}</b>
          <span class="count" role="timer">${o.span(r.answer_by-s)}</span>
        </div>
        <div class="meter" aria-hidden="true">
          <i class="warn" style="width:${(Math.max(0,Math.min(1,(r.answer_by-s)/Math.max(1,r.answer_by-r.issued_at)))*100).toFixed(0)}%"></i>
        </div>
        <p style="margin-top:8px">${this.consequence(r,i,t)}</p>
        <div class="row" style="margin-top:8px">
          <button class="primary" ?disabled=${this.busy} @click=${()=>this.answer(a,!0)}>${o.t(`accept`)}</button>
          <button ?disabled=${this.busy} @click=${()=>this.answer(a,!1)}>${o.t(`decline`)}</button>
        </div>
      </div>`:i.state!==`active`&&i.state!==`accepted`?O:T`<div class="help">
      <p>${o.t(`helping`,{power:o.power(i.power_w),until:o.time(r.ends_at),left:o.span(r.ends_at-s)})}</p>
      ${this.optOut(e)}
    </div>`}optOut(e){let t=e.entities[this.participant]?.opt_out;return t?T`<button style="margin-top:8px" ?disabled=${this.busy}
      @click=${()=>this.call(`button`,`press`,{entity_id:t})}>${this.words.t(`opt_out`)}</button>`:O}consequence(e,t,n){let r=this.words,{means:i}=t,a=(e.ends_at-e.starts_at)/3600,o=Math.floor((t.power_w??0)*a/1e3*(t.rate??e.rate)),s={power:r.power(i?.power_w??t.power_w),minutes:r.span(i?.duration_s??e.ends_at-e.starts_at),tokens:r.tokens(i?.earns_i??o,n),setpoint:i?.setpoint==null?`–`:r.number(Math.abs(i.setpoint)),until:r.time(e.ends_at)},c=i?.effect??`nothing`,l=r.t(`means_${c}`,s);return i?.ready_at?`${l} ${r.t(`means_ready`,{at:r.time(i.ready_at)})}`:l}answer(e,t){let n=this.watched.picture?.participants[this.participant]?.device_id,r=t?`accept`:`decline`;return this.call(`tangle_grid`,`answer_request`,{device_id:n,request_id:e,answer:r})}renderSettings(e){let t=e.entities[this.participant]??{},n=this.words,{vehicle:r}=e.participants[this.participant]??{},i=r?e.entities[r]:void 0,a=e=>{let n=i?.[e]??t[e],r=n?this.hass?.states[n]:void 0;return r&&r.state!==`unavailable`?r:void 0},[o,s,c,l]=[a(`policy`),a(`leaves_at`),a(`car`),a(`target_soc`)];return!o&&!s&&!c&&!l?O:T`<div class="settings">
      ${c?this.select(n.t(`which_car`),c.entity_id,c.state,c.attributes.options):O}
      ${o?this.select(n.t(`answers`),o.entity_id,o.state,o.attributes.options):O}
      ${l?T`<label>${n.t(`target_percent`)}
            <input type="number" inputmode="numeric" .value=${l.state}
              min=${Number(l.attributes.min??0)} max=${Number(l.attributes.max??100)} step=${Number(l.attributes.step??1)}
              @change=${e=>this.setNumber(l.entity_id,e)} /></label>`:O}
      ${s?T`<label>${n.t(`leaves_at`)}
            <input type="time" .value=${s.state.slice(0,5)}
              @change=${e=>this.setTime(s.entity_id,e)} /></label>`:O}
    </div>`}select(e,t,n,r){let i=t.split(`.`)[0]===`select`?this.hass?.states[t]:void 0,a=e=>this.hass.formatEntityState?.(i,e)??e;return T`<label>${e}
      <select @change=${e=>this.call(`select`,`select_option`,{entity_id:t,option:e.target.value})}>
        ${r.map(e=>T`<option value=${e} ?selected=${e===n}>${a(e)}</option>`)}
      </select>
    </label>`}setNumber(e,t){let n=t.target.valueAsNumber;Number.isFinite(n)&&this.call(`number`,`set_value`,{entity_id:e,value:n})}setTime(e,t){let n=t.target.value;n&&this.call(`time`,`set_value`,{entity_id:e,time:`${n}:00`})}async call(e,t,n){this.busy=!0,this.problem=``;try{await this.hass?.callService(e,t,n,void 0,!1)}catch(e){this.problem=e.message??String(e)}finally{this.busy=!1}}show(e){We(this,e)}};I([P()],$.prototype,`participant`,void 0),I([F()],$.prototype,`busy`,void 0),I([F()],$.prototype,`receipts`,void 0),I([F()],$.prototype,`problem`,void 0),$=I([N(`tangle-grid-participant`)],$);var sn=class extends L{constructor(...e){super(...e),this.list=!1}static{this.styles=[U,Je,d`
      :host {
        display: block;
        container-type: inline-size;
      }
      .headline {
        font-size: 18px;
        line-height: 1.4;
        margin: 0 0 16px;
      }
      .choice {
        justify-content: flex-end;
        margin-bottom: 8px;
      }
      /* There it is a list anyway. */
      @container (max-width: 519px) {
        .choice {
          display: none;
        }
      }
    `]}renderIsland(e,t){let r=this.words,i=Object.keys(e.participants).length===0,a=this.isOld?[]:Object.entries(e.participants).filter(([t])=>V(e,t)),o=n(t,this.watched.heard/1e3);return T`
      <p class="headline" role="status">${this.isOld?rt(e,t,o,r):it(e,t,r)}</p>
      ${et(e,t,r,this.hass)}
      ${a.length?T`<p class="old">${r.t(`asked_now`,{names:a.map(([,e])=>e.name).join(`, `)})}</p>`:O}
      ${i?T`<button class="primary" @click=${()=>Ge(`/config/integrations/integration/tangle_grid`)}>
            ${r.t(`add_participant`)}
          </button>`:O}
      <div class="row choice">
        <button aria-pressed=${this.list} @click=${()=>this.list=!this.list}>${r.t(`as_list`)}</button>
      </div>
      <tangle-grid-diagram .hass=${this.hass} .entryId=${this.entryId} .list=${this.list}></tangle-grid-diagram>
    `}};I([F()],sn.prototype,`list`,void 0),sn=I([N(`tangle-grid-transformer`)],sn);export{Ge as a,F as c,M as d,O as f,u as g,d as h,R as i,P as l,E as m,V as n,L as o,T as p,H as r,I as s,U as t,N as u};