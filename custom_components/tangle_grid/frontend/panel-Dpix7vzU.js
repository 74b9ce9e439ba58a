import{a as e,c as t,d as n,f as r,i,l as a,n as o,o as s,r as c,s as l,t as u,u as d}from"./transformer-ClB15jeU.js";import{n as f,r as p,t as m}from"./words-B-7KIpId.js";import{t as h}from"./entry-ya5DAX8m.js";var g=class extends i{constructor(...e){super(...e),this.kinds=[],this.chosen=``}static{this.styles=[u,r`
      :host {
        display: block;
      }
    `]}renderIsland(e,t){let r=this.words,i=([t,n])=>`${t===this.chosen?0:o(e,t)?1:c(e,t)?2:3}${n.name}`,a=Object.entries(e.participants).filter(([,e])=>this.kinds.includes(e.kind)).sort((e,t)=>i(e).localeCompare(i(t)));return a.length===0?n`<p class="waiting">${r.t(`none_of_kind`)}</p>`:n`<div class="grid">
      ${a.map(([e])=>n`<tangle-grid-participant
          .hass=${this.hass}
          .entryId=${this.entryId}
          .participant=${e}
        ></tangle-grid-participant>`)}
    </div>`}};e([l({attribute:!1})],g.prototype,`kinds`,void 0),e([l()],g.prototype,`chosen`,void 0),g=e([t(`tangle-grid-participants`)],g);var _=[`transformer`,`charging`,`homes`,`day`,`tangle`],v=`/tangle_grid`,y=[`charger`],b=[`household`,`battery`,`solar`],x=5e3,S=class extends a{constructor(...e){super(...e),this.narrow=!1,this.islands=null,this.entryId=``,this.view=`transformer`,this.chosen=``,this.hasWords=!1,this.language=``,this.follow=()=>{let[,e]=location.pathname.replace(v,``).split(`/`);location.pathname.startsWith(v)&&(this.view=_.find(t=>t===e)??`transformer`),(this.view===`day`||this.view===`tangle`)&&h(()=>import(`./more-BTuk_fLb.js`),[],import.meta.url)}}static{this.styles=[u,r`
      :host {
        display: block;
        min-height: 100vh;
        background: var(--primary-background-color);
      }
      header {
        position: sticky;
        top: 0;
        z-index: 2;
        background: var(--app-header-background-color, var(--primary-color));
        color: var(--app-header-text-color, #fff);
        padding: 0 12px;
      }
      header .title {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 56px;
      }
      header h1 {
        font-size: 20px;
        font-weight: 400;
        margin: 0 8px;
      }
      header select {
        font: inherit;
        color: inherit;
        background: transparent;
        border: 1px solid currentColor;
        border-radius: 8px;
        padding: 4px 8px;
      }
      header option {
        color: #202124;
        background: #fff;
      }
      nav {
        display: flex;
        overflow-x: auto;
        gap: 4px;
      }
      nav button {
        border: 0;
        border-radius: 0;
        border-bottom: 3px solid transparent;
        min-height: 44px;
        white-space: nowrap;
      }
      nav button[aria-current="page"] {
        border-bottom-color: currentColor;
        font-weight: 500;
      }
      nav button:focus-visible {
        outline-color: currentColor;
        outline-offset: -4px;
      }
      main {
        padding: 16px;
        max-width: 1600px;
        margin: 0 auto;
      }
    `]}connectedCallback(){super.connectedCallback(),this.timer=setInterval(()=>void this.load(),x),window.addEventListener(`location-changed`,this.follow),window.addEventListener(`popstate`,this.follow),this.follow()}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.timer),window.removeEventListener(`location-changed`,this.follow),window.removeEventListener(`popstate`,this.follow)}willUpdate(e){this.hass&&(this.language!==this.hass.language&&(this.language=this.hass.language,f(this.hass).finally(()=>this.hasWords=!0)),this.islands===null&&(this.islands=[],this.load()))}async load(){if(this.hass?.connection.connected)try{let e=await p(this.hass);JSON.stringify(e)!==JSON.stringify(this.islands)&&(this.islands=e),e.some(e=>e.entry_id===this.entryId)||(this.entryId=(e.find(e=>e.loaded)??e[0])?.entry_id??``)}catch(e){console.error(`tangle_grid`,e)}}show(e,t=``){this.chosen=t,history.pushState(null,``,`${v}/${e}`),this.follow()}open(e){e.preventDefault();let{participant:t}=e.detail;this.show(e.detail.kind===`charger`?`charging`:`homes`,t)}render(){if(!this.hass||!this.hasWords)return d;let e=new m(this.hass);return n`<header>
        <div class="title">
          <ha-menu-button .hass=${this.hass} .narrow=${this.narrow}></ha-menu-button>
          <h1>Tangle Grid</h1>
          ${(this.islands?.length??0)>1?this.renderChoice(e):d}
        </div>
        <nav aria-label=${e.t(`views`)}>
          ${_.map(t=>n`<button
              aria-current=${this.view===t?`page`:`false`}
              @click=${()=>this.show(t)}
            >
              ${e.t(`view_${t}`)}
            </button>`)}
        </nav>
      </header>
      <main @tangle-grid-open=${this.open}>${this.entryId?this.renderView():this.renderNone(e)}</main>`}renderChoice(e){return n`<select
      aria-label=${e.t(`island`)}
      @change=${e=>this.entryId=e.target.value}
    >
      ${this.islands?.map(e=>n`<option value=${e.entry_id} ?selected=${e.entry_id===this.entryId}>${e.title}</option>`)}
    </select>`}renderNone(e){return n`<p class="waiting" role="status">${e.t(this.islands?.length===0?`no_island`:`waiting`)}</p>`}renderView(){let{hass:e,entryId:t}=this;switch(this.view){case`charging`:return n`<tangle-grid-participants .hass=${e} .entryId=${t} .kinds=${y} .chosen=${this.chosen}></tangle-grid-participants>`;case`homes`:return n`<tangle-grid-participants .hass=${e} .entryId=${t} .kinds=${b} .chosen=${this.chosen}></tangle-grid-participants>`;case`day`:return n`<tangle-grid-day .hass=${e} .entryId=${t}></tangle-grid-day>`;case`tangle`:return n`<tangle-grid-tangle .hass=${e} .entryId=${t}></tangle-grid-tangle>`;default:return n`<tangle-grid-transformer .hass=${e} .entryId=${t}></tangle-grid-transformer>`}}};e([l({attribute:!1})],S.prototype,`hass`,void 0),e([l({type:Boolean,reflect:!0})],S.prototype,`narrow`,void 0),e([l({attribute:!1})],S.prototype,`route`,void 0),e([s()],S.prototype,`islands`,void 0),e([s()],S.prototype,`entryId`,void 0),e([s()],S.prototype,`view`,void 0),e([s()],S.prototype,`chosen`,void 0),e([s()],S.prototype,`hasWords`,void 0),S=e([t(`tangle-grid-panel-body`)],S);export{S as Panel};