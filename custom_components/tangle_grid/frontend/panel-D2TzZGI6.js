import{a as e,c as t,d as n,f as r,h as i,i as a,l as o,n as s,o as c,p as l,r as u,s as d,t as f,u as p}from"./transformer-BCgKBS8t.js";import{i as m,n as h,t as g}from"./words-ClfyLFR7.js";import{t as _}from"./entry-CPgxQiPr.js";var v=new Intl.Collator(void 0,{numeric:!0}),y=class extends c{constructor(...e){super(...e),this.kinds=[],this.chosen=``,this.opened=``}static{this.styles=[f,i`
      :host {
        display: block;
      }
      /* What is out of sight is not painted, and what stays as it is not again because its neighbour changes. */
      tangle-grid-participant {
        content-visibility: auto;
        contain-intrinsic-size: auto 600px;
      }
    `]}concerns(e,t){if(e.requests!==t.requests||e.vehicles!==t.vehicles||e.wallets!==t.wallets)return!0;let[n,r]=[e.participants,t.participants];return n!==r&&(Object.keys(n).length!==Object.keys(r).length||Object.entries(r).some(([e,t])=>n[e]?.name!==t.name))}renderIsland(t,n){let i=this.words,a=([e,n])=>`${e===this.chosen?0:s(t,e)?1:u(t,e)?2:3}${n.name}`,o=Object.entries(t.participants).filter(([,e])=>this.kinds.includes(e.kind)).sort((e,t)=>v.compare(a(e),a(t)));if(o.length===0)return l`<p class="waiting">${i.t(`none_of_kind`)}</p>
        <button class="primary" @click=${()=>e(`/config/integrations/integration/tangle_grid`)}>${i.t(`add_participant`)}</button>`;let c=this.kinds.includes(`charger`)?i.t(`view_charging`):i.t(`view_homes`);return l`<h2 class="hidden">${c}</h2><div class="grid">
      ${o.map(([e])=>l`<tangle-grid-participant
          .hass=${this.hass}
          .entryId=${this.entryId}
          .participant=${e}
        ></tangle-grid-participant>`)}
      ${this.kinds.includes(`charger`)?Object.entries(t.vehicles).map(([e,r])=>this.renderVehicle(t,n,e,r)):r}
    </div>`}renderVehicle(t,n,i,o){let s=this.words,c=o.charger?t.participants[o.charger]?.name:void 0,u=t.wallets[i],d=this.opened===i;return l`<article class="box">
      <div class="spread">
        <div class="row">${a(`vehicle`)}<h3>${o.name}</h3></div>
        <span class="number big">${s.percent(o.soc)}</span>
      </div>
      <p>${c?s.t(`vehicle_at`,{charger:c}):s.t(`vehicle_away`)}</p>
      ${u?l`<dl><dt>${s.t(`balance`)}</dt><dd>${s.tokens(u.balance_i,n)}</dd></dl>`:r}
      <div class="row" style="margin-top:12px">
        <button @click=${()=>e(`/config/devices/device/${o.device_id}`)}>${s.t(`all_entities`)}</button>
        <button aria-expanded=${d} @click=${()=>this.opened=d?``:i}>${s.t(`receipts`)}</button>
      </div>
      ${d?l`<tangle-grid-receipts .hass=${this.hass} .entryId=${this.entryId} .device=${o.device_id??``}></tangle-grid-receipts>`:r}
    </article>`}};d([o({attribute:!1})],y.prototype,`kinds`,void 0),d([o()],y.prototype,`chosen`,void 0),d([t()],y.prototype,`opened`,void 0),y=d([p(`tangle-grid-participants`)],y);var b=[`transformer`,`charging`,`homes`,`day`,`tangle`],x=`/tangle_grid`,S=[`charger`],C=[`household`,`battery`,`solar`],w=5e3,T=class extends n{constructor(...e){super(...e),this.narrow=!1,this.islands=null,this.entryId=``,this.view=`transformer`,this.chosen=``,this.hasWords=!1,this.language=``,this.follow=()=>{let[,e]=location.pathname.replace(x,``).split(`/`);location.pathname.startsWith(x)&&(this.view=b.find(t=>t===e)??`transformer`),(this.view===`day`||this.view===`tangle`)&&_(()=>import(`./more-BNC3b4SR.js`),[],import.meta.url)}}static{this.styles=[f,i`
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
      @media (max-width: 480px) {
        nav button {
          padding-inline: 8px;
        }
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
        max-width: 2000px;
        margin: 0 auto;
      }
    `]}connectedCallback(){super.connectedCallback(),this.timer=setInterval(()=>void this.load(),w),window.addEventListener(`location-changed`,this.follow),window.addEventListener(`popstate`,this.follow),this.follow()}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.timer),window.removeEventListener(`location-changed`,this.follow),window.removeEventListener(`popstate`,this.follow)}willUpdate(e){this.hass&&(this.language!==this.hass.language&&(this.language=this.hass.language,h(this.hass).finally(()=>this.hasWords=!0)),this.islands===null&&(this.islands=[],this.load()))}updated(e){(e.has(`view`)||e.has(`hasWords`))&&this.renderRoot.querySelector(`nav [aria-current='page']`)?.scrollIntoView?.({block:`nearest`,inline:`center`})}async load(){if(this.hass?.connection.connected)try{let e=await m(this.hass);JSON.stringify(e)!==JSON.stringify(this.islands)&&(this.islands=e),e.some(e=>e.entry_id===this.entryId)||(this.entryId=(e.find(e=>e.loaded)??e[0])?.entry_id??``)}catch(e){console.error(`tangle_grid`,e)}}show(e,t=``){this.chosen=t,history.pushState(null,``,`${x}/${e}`),this.follow()}open(e){e.preventDefault();let{participant:t}=e.detail;this.show(e.detail.kind===`charger`?`charging`:`homes`,t)}render(){if(!this.hass||!this.hasWords)return r;let e=new g(this.hass);return l`<header>
        <div class="title">
          <ha-menu-button .hass=${this.hass} .narrow=${this.narrow}></ha-menu-button>
          <h1>Tangle Grid</h1>
          ${(this.islands?.length??0)>1?this.renderChoice(e):r}
        </div>
        <nav aria-label=${e.t(`views`)}>
          ${b.map(t=>l`<button
              aria-current=${this.view===t?`page`:`false`}
              @click=${()=>this.show(t)}
            >
              ${e.t(`view_${t}`)}
            </button>`)}
        </nav>
      </header>
      <main @tangle-grid-open=${this.open}>${this.entryId?this.renderView():this.renderNone(e)}</main>`}renderChoice(e){return l`<select
      aria-label=${e.t(`island`)}
      @change=${e=>this.entryId=e.target.value}
    >
      ${this.islands?.map(e=>l`<option value=${e.entry_id} ?selected=${e.entry_id===this.entryId}>${e.title}</option>`)}
    </select>`}renderNone(e){return l`<p class="waiting" role="status">${e.t(this.islands?.length===0?`no_island`:`waiting`)}</p>`}renderView(){let{hass:e,entryId:t}=this;switch(this.view){case`charging`:return l`<tangle-grid-participants .hass=${e} .entryId=${t} .kinds=${S} .chosen=${this.chosen}></tangle-grid-participants>`;case`homes`:return l`<tangle-grid-participants .hass=${e} .entryId=${t} .kinds=${C} .chosen=${this.chosen}></tangle-grid-participants>`;case`day`:return l`<tangle-grid-day .hass=${e} .entryId=${t}></tangle-grid-day>`;case`tangle`:return l`<tangle-grid-tangle .hass=${e} .entryId=${t}></tangle-grid-tangle>`;default:return l`<tangle-grid-transformer .hass=${e} .entryId=${t}></tangle-grid-transformer>`}}};d([o({attribute:!1})],T.prototype,`hass`,void 0),d([o({type:Boolean,reflect:!0})],T.prototype,`narrow`,void 0),d([o({attribute:!1})],T.prototype,`route`,void 0),d([t()],T.prototype,`islands`,void 0),d([t()],T.prototype,`entryId`,void 0),d([t()],T.prototype,`view`,void 0),d([t()],T.prototype,`chosen`,void 0),d([t()],T.prototype,`hasWords`,void 0),T=d([p(`tangle-grid-panel-body`)],T);export{T as Panel};